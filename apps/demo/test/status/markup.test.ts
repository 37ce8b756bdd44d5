import { describe, expect, it } from '@jest/globals';
import { markup } from '../../src/status/markup.js';

describe('a piece of a page', () => {
  it('has every character escaped that could end a text, a tag or an attribute', () => {
    expect(markup`<a title="${`"><b> & '`}">${'<script>'}</a>`.text).toBe(
      '<a title="&quot;&gt;&lt;b&gt; &amp; &#39;">&lt;script&gt;</a>',
    );
  });

  it('is not escaped again where it is put into another', () => {
    expect(markup`<p>${markup`<b>${'&'}</b>`}</p>`.text).toBe('<p><b>&amp;</b></p>');
  });

  it('takes numbers, lists of its own, and nothing', () => {
    const items = [1, 2].map((item) => markup`<li>${item}</li>`);
    expect(markup`<ul>${items}${null}</ul>`.text).toBe('<ul><li>1</li><li>2</li></ul>');
  });
});
