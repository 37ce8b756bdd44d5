/** A test runner that starts a cluster, says which processes it has started, and is then killed. */
import { startCluster } from '@leased-jobs/cluster-harness';

const [script, directory] = process.argv.slice(2);
const cluster = await startCluster({ script, instances: 2, directory });
await cluster.instances[0].freeze();
process.stdout.write(`${JSON.stringify(cluster.instances.map(({ pid }) => pid))}\n`);
