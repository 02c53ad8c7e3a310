/* Ports for servers of a test. */

import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/* Below the range from which the kernel takes ports for connections that go
   out (ip_local_port_range), or one of those could be first. */
const FIRST = 10_000, LAST = 32_000;
const TRIES = 100;


/* One that nobody listens on; drawn, so that files that run beside each other
   do not come upon the same. */
export async function freePort() {
    for (let attempt = 1; ; attempt++) {
        const server = createServer();
        const port = randomInt(FIRST, LAST + 1);

        try {
            server.listen(port, "127.0.0.1");
            await once(server, "listening");
            server.close();
            await once(server, "close");
            return port;
        } catch (error) {
            if (error.code !== "EADDRINUSE" || attempt === TRIES) {
                throw error;
            }
        }
    }
}
