/* Ports for servers of a test. */

import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/* Below the range from which the kernel takes ports for connections that go
   out (ip_local_port_range), or one of those could be first. */
const FIRST = 10_000, LAST = 32_000;
const TRIES = 100;


/* One that nobody listens on, and that no other test is given as long as this
   process lives, though nothing listens there yet. */
export async function freePort() {
    for (let attempt = 1; ; attempt++) {
        const port = randomInt(FIRST, LAST + 1);

        try {
            const claim = await listen({ path: `\0sluice-test-port-${port}` });

            claim.unref();
            const server = await listen({ port, host: "127.0.0.1" });

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


/* A loopback address of one's own (RFC 1122 has 16 million), where a server may
   have the port that it has everywhere. */
export async function freeAddress() {
    for (let attempt = 1; ; attempt++) {
        const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.`
            + randomInt(1, 255);

        try {
            const claim = await listen({ path: `\0sluice-test-at-${address}` });

            claim.unref();
            return address;
        } catch (error) {
            if (error.code !== "EADDRINUSE" || attempt === TRIES) {
                throw error;
            }
        }
    }
}


async function listen(where) {
    const server = createServer().listen(where);

    await once(server, "listening");
    return server;
}
