/* Those who use a fleet: beside what load.mjs has, they watch, ask, and give
   links away that open once. */

import { request } from "../../http/lib/client.mjs";
import { random } from "../../http/lib/cutter.mjs";
import { Load } from "../load.mjs";
import { one } from "../kinds.mjs";

/* What a client hears that may come again. */
const AGAIN = [429, 502, 503, 504];
const OPEN = 5;                 /* as in load.mjs: three workers share a machine */
const KEPT = 50;                /* links that are tried once more */


export class FleetLoad extends Load {
    constructor(fleet, ledger, seed) {
        super(fleet.front, ledger, seed);
        this.fleet = fleet;
        this.links = [];
        this.most = OPEN;
    }

    async start() {
        await super.start();
        this.loops.push(...[this.range, this.range, this.call, this.once]
            .map((action, n) => this.loop(action, random(this.seed * 89 + n))));
    }

    /* No films that take long to encode: rounds.mjs has them. */
    content(next) {
        const content = super.content(next);

        return content.kind === "pieces" ? this.content(next) : content;
    }

    /* Something that is ready, with a link to what was brought; or nothing. */
    async known(next) {
        const ready = this.ledger.deletable();
        const entry = ready.length > 0 && one(ready, next);

        if (!entry || entry.link) {
            return entry;
        }

        const answer = await this.ask("GET", `/api/media/${entry.id}`)
            .catch((error) => ({ status: error.code ?? error.message }));

        if (this.judge(`GET media ${entry.id}`, answer, entry, () =>
            answer.json.state === "ready")) {
            entry.link = answer.json.links.original;
        }
        return entry.link && entry;
    }

    /* Whether it is the answer that was hoped for; one that should not be is
       told. */
    judge(what, answer, entry, right, status = 200) {
        const { status: found, text } = answer;

        if (found === status && right()) {
            return true;
        }
        if (AGAIN.includes(found) || typeof found !== "number") {
            this.refuse(`${what.split(" ")[0]}: ${found}`);
        } else if (!(found === 404 && entry?.deleted)) {
            this.ledger.tell(this.ledger.wrong,
                `${what}: ${found} ${String(text).slice(0, 200)}`);
        }
        return false;
    }

    get(url, headers = {}) {
        return request(url, { headers }).catch((error) =>
            ({ status: error.code ?? error.message }));
    }

    async range(next) {
        const entry = await this.known(next);

        if (!entry) {
            return;
        }

        const from = Math.floor(next() * entry.bytes.length);
        const to = from + Math.floor(next() * (entry.bytes.length - from));
        const answer = await this.get(
            this.fleet.through(this.stack.url, entry.link),
            { Range: `bytes=${from}-${to}` });

        this.judge(`range ${from}-${to} of ${entry.id}`, answer, entry, () =>
            answer.body.equals(entry.bytes.subarray(from, to + 1)), 206);
    }

    async call(next) {
        const path = one(["/api/me", "/api/media?limit=20"], next);
        const answer = await this.ask("GET", path)
            .catch((error) => ({ status: error.code ?? error.message }));

        if (answer.status === 401) {
            await this.signIn();
        } else {
            this.judge(`GET ${path}`, answer, null, () => true);
        }
    }

    /* By several at once, of whom one gets it. */
    async once(next) {
        const entry = await this.known(next);
        const path = entry && new URL(entry.link).pathname
            .replace(/^\/~[^/]+/, "");
        const minted = entry && await this.insist("POST links",
            () => this.who.request("POST", "/api/links",
                { json: { path, uses: 1 } }),
            ({ status }) => [201, 403, 404].includes(status));

        if (minted?.status !== 201) {
            return;
        }

        const link = { entry, url: minted.json.url, jti: minted.json.jti,
                       times: 0 };
        const { machines } = this.fleet;

        await Promise.all([one(machines, next).node.url,
            one(machines, next).node.url, this.stack.url].map((url) =>
            this.open(link, url)));
        this.links = [...this.links, link].slice(-KEPT);
    }

    async open(link, url) {
        const answer = await this.get(this.fleet.through(url, link.url));

        if (answer.status === 410) {
            return;
        }
        if (this.judge(`link ${link.jti}`, answer, link.entry, () =>
            answer.body.equals(link.entry.bytes)) && ++link.times > 1) {
            this.ledger.tell(this.ledger.opened,
                `${link.jti} opened ${link.times} times`);
        }
    }

    /* What opened once does not again, at any node. */
    async openAgain() {
        for (const link of this.links.splice(0)) {
            for (const { node } of this.fleet.machines) {
                await this.open(link, node.url);
            }
        }
    }
}
