/* Connections that are cut at random places, from a seed: a proxy in front of
   nginx, and what tus-js-client brings through it. */

import { once } from "node:events";
import { createServer, connect } from "node:net";

import { Upload } from "tus-js-client";


/* Numbers in [0, 1) that come again with the seed (xorshift32). */
export function random(seed) {
    let state = seed | 0 || 1;

    return () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) / 2 ** 32;
    };
}


/* Passes all on to a port, and cuts `cuts` connections, each after `least` bytes
   and a random part of `bytes` that went up. */
export async function cutter(port, { cuts, bytes, seed, least = 0 }) {
    const next = random(seed);
    const open = new Set();
    const proxy = createServer((client) => {
        const server = connect(port, "127.0.0.1");
        const end = () => {
            client.destroy();
            server.destroy();
            open.delete(client);
        };
        let left = proxy.left > 0 ? least + Math.floor(next() * bytes)
                                  : Infinity;

        open.add(client);
        client.on("data", (part) => {
            left -= part.length;
            if (left <= 0 && proxy.left > 0) {
                proxy.left--;
                server.write(part.subarray(0, part.length + left), end);
                client.pause();
            } else if (!server.write(part)) {
                client.pause();
                server.once("drain", () => client.resume());
            }
        });
        server.on("data", (part) => client.write(part));
        for (const socket of [client, server]) {
            socket.on("error", end).on("close", end);
        }
    });

    proxy.left = cuts;
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");

    return {
        url: `http://127.0.0.1:${proxy.address().port}`,
        cuts: () => cuts - proxy.left,
        close() {
            proxy.close();
            open.forEach((socket) => socket.destroy());
        },
    };
}


/* Passes all on to a port, and cuts the first connection with this text in what
   goes up: before anyone hears of it, or, with `heard`, before its answer
   comes. */
export async function cutterAt(port, text, { heard = false } = {}) {
    let whole = true;
    const proxy = createServer((client) => {
        const server = connect(port, "127.0.0.1");
        const end = () => {
            client.destroy();
            server.destroy();
        };
        let cut = false;

        client.on("data", (part) => {
            cut ||= whole && part.includes(text);
            whole &&= !cut;
            if (cut && !heard) {
                end();
            } else {
                server.write(part);
            }
        });
        server.on("data", (part) => cut ? end() : client.write(part));
        for (const socket of [client, server]) {
            socket.on("error", end).on("close", end);
        }
    });

    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");

    return {
        url: `http://127.0.0.1:${proxy.address().port}`,
        isCut: () => !whole,
        close: () => proxy.close(),
    };
}


/* Brings a file or a Buffer with tus-js-client, whose object `begun` gets.
   Answers {media}. */
export function bring(input, url, token, options = {}, begun = () => {}) {
    return new Promise((resolve, reject) => {
        let media;
        const upload = new Upload(input, {
            endpoint: `${url}/api/uploads`,
            headers: { Authorization: `Bearer ${token}` },
            retryDelays: Array(200).fill(100),
            metadata: { filename: "client.mp4" },
            onAfterResponse(request, response) {
                media = response.getHeader("Sluice-Media") ?? media;
            },
            /* tus-js-client 4.3.1 asks once only to put parallel parts
               together */
            onError(error) {
                if (options.parallelUploads && /^ECONN/.test(error.code)) {
                    setTimeout(() => upload.start(), 100);
                } else {
                    reject(error);
                }
            },
            onSuccess: () => resolve({ media }),
            ...options,
        });

        begun(upload);
        upload.start();
    });
}
