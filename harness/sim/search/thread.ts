/** A thread that simulates. Its whole world is virtual: nothing else of the program runs in it. */
import { parentPort } from 'node:worker_threads';
import { installInstances } from '../node-api/instances.ts';
import { install } from '../node-api/install.ts';

install();
installInstances();
// Only now: libraries that keep a function of Node's keep a virtual one.
const { serve } = await import('./serve.ts');
if (parentPort !== null) serve(parentPort);
