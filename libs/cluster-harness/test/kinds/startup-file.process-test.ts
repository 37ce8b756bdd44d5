import { openFolder } from '../acceptance/folder-store.js';
import { describeStartup } from './startup.js';

describeStartup('files', openFolder, { instances: 10, ttl: 5_000, takeover: 1_500 });
