import { type AzureStore, openAzurite } from './azure-store.js';
import { type FaultPace, forgetfulStore, frozen, silentStore } from './store-faults.js';
import { describeTogether } from './together.js';

/** The shortest ttl that Azure has. */
const PACE: FaultPace = { every: 18_000, ttl: 15_000 };

describeTogether<AzureStore>('blobs', openAzurite, [
  silentStore('Azurite is frozen for four ttl', PACE, frozen(PACE)),
  forgetfulStore('its lease is broken from outside', PACE, breakLease),
  forgetfulStore('its blob is deleted', PACE, async (store) => {
    // A blob cannot be deleted under a lease.
    await breakLease(store);
    await store.lockBlob.delete();
  }),
]);

async function breakLease({ lockBlob }: AzureStore): Promise<void> {
  await lockBlob.getBlobLeaseClient().breakLease(0);
}
