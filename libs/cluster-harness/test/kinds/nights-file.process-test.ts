import { openFolder } from '../acceptance/folder-store.js';
import { describeNights } from './nights.js';

describeNights('files', openFolder);
