/* Between nginx and a bucket: counts what is asked, and has bad days. */

import http from "node:http";
import { once } from "node:events";

import { freePort } from "./ports.mjs";


/*
 * Answers a Between on a port of its own that hands all on. `on` is null, or a
 * function of a request and its answer: true when it has dealt with it, or a
 * promise of that, until which the request waits. `asked`
 * has {method, path, range, headers} of each request, the latest last.
 */
export async function standBetween(port) {
    const between = new Between(port, await freePort());

    between.server.listen(between.port, "127.0.0.1");
    await once(between.server, "listening");
    return between;
}


class Between {
    constructor(origin, port) {
        this.port = port;
        this.asked = [];
        this.on = null;
        this.server = http.createServer(async (request, answer) => {
            const { method, url, headers } = request;

            this.asked.push({ method, path: url, range: headers.range, headers });
            if (!await this.on?.(request, answer)) {
                this.pass(request, answer);
            }
        });
        this.origin = origin;
    }

    /* Hands a request on, also what `on` has kept for a while; `give` is what the
       answer's body goes by. */
    pass(request, answer, give = (found) => found.pipe(answer)) {
        const { method, url, headers } = request;

        request.pipe(http.request({ host: "127.0.0.1", port: this.origin,
                                    method, path: url, headers }, (found) => {
            answer.writeHead(found.statusCode, found.headers);
            give(found);
        }).on("error", () => answer.destroy()));
    }

    /* From here on nothing was asked, and all is well. */
    clear() {
        this.asked = [];
        this.on = null;
    }

    stop() {
        this.server.closeAllConnections();
        this.server.close();
    }
}
