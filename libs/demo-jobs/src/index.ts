export { DemoJobsModule } from './demo-jobs.module.js';
