/* A machine's ways to the servers, each of which can be cut: detour.c leads what
   it connects to over these. */

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { resolve } from "node:path";

import { freePort } from "../../http/lib/ports.mjs";

export const LIBRARY = resolve(new URL(".", import.meta.url).pathname,
    "../../../build/faults/detour.so");


/* One way. While it is cut, packets are lost without a word ("silent"), or
   connections are refused ("refused"). */
class Way {
    constructor({ address, port }) {
        this.address = address;
        this.port = port;
        this.cut = null;
        this.bitten = 0;
        this.pairs = new Set();
        this.server = createServer((client) => this.carry(client));
    }

    async open() {
        this.at = await freePort();
        this.server.listen(this.at, "127.0.0.1");
        await once(this.server, "listening");
        return this;
    }

    get line() {
        return `${this.address}:${this.port} 127.0.0.1:${this.at}\n`;
    }

    carry(client) {
        this.bitten += this.cut !== null;
        if (this.cut === "refused") {
            client.on("error", () => {}).destroy();
            return;
        }

        const pair = { client, server: null };
        const end = () => {
            client.destroy();
            pair.server?.destroy();
            this.pairs.delete(pair);
        };

        this.pairs.add(pair);
        client.on("error", end).on("close", end);
        /* a connection that began in the dark stays there */
        if (this.cut) {
            client.resume();
            return;
        }

        pair.server = connect(this.port, this.address);
        pair.server.on("error", end).on("close", end);
        this.pass(client, pair.server);
        this.pass(pair.server, client);
    }

    pass(from, to) {
        from.on("data", (part) => {
            if (this.cut) {
                this.bitten++;
            } else if (!to.write(part)) {
                from.pause();
                to.once("drain", () => from.resume());
            }
        });
    }

    lose(how) {
        this.cut = how;
        if (how === "refused") {
            this.end();
        }
    }

    /* Who waited for a packet that is lost hears that the other side knows
       nothing of it. */
    heal() {
        this.cut = null;
        this.end();
    }

    end() {
        for (const { client, server } of [...this.pairs]) {
            client.destroy();
            server?.destroy();
        }
    }

    close() {
        this.server.close();
        this.end();
    }
}


/* Of one machine: by the name of what it leads to, all ways. */
export class Ways {
    /* `servers` is {name: [{address, port}, …]}; `path` is for the file that
       detour.c reads. */
    static async open(servers, path) {
        const ways = new Ways();

        for (const [name, list] of Object.entries(servers)) {
            ways[name] = await Promise.all(list.map((server) =>
                new Way(server).open()));
        }
        writeFileSync(path, ways.all().map(({ line }) => line).join(""));
        return ways;
    }

    all() {
        return Object.values(this).flat();
    }

    lose(name, how) {
        this[name].forEach((way) => way.lose(how));
    }

    /* How often somebody wanted to go there in vain. */
    bitten(name) {
        return this[name].reduce((sum, { bitten }) => sum + bitten, 0);
    }

    heal(name) {
        this[name].forEach((way) => way.heal());
    }

    close() {
        this.all().forEach((way) => way.close());
    }
}
