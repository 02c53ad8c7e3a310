/* The gate among what else a location does: subrequests, error pages, two ways
   of passing. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";

import { request } from "../lib/client.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const FILM = "film ".repeat(200);
const PARTS = { "/part/1": "1".repeat(50_000), "/part/2": "2".repeat(90_000) };
const WHOLE = [
    "a".repeat(40_000), PARTS["/part/1"], "b".repeat(5), PARTS["/part/2"],
    "c".repeat(90_000),
];

let stack, upstream, mint;


function extra(state) {
    const behind = `http://127.0.0.1:${upstream.address().port}`;

    return `
        location = /asked/first {
            internal;
            log_subrequest on;
            access_log ${state}/logs/first.log combined;
            proxy_pass ${behind};
        }
        location /asked/ {
            sluice_gate grant;
            auth_request /asked/first;
            try_files /nothing /media/xy/x/film.mp4;
        }
        location /told/ {
            sluice_gate grant;
            root ${state}/media;
            error_page 403 /why?grant=none;
        }
        location = /why {
            return 200 $args;
        }
        location /both/ {
            sluice_gate user grant;
            alias ${state}/media/xy/x/;
        }
        location /gone/ {
            sluice_gate grant;
            alias ${state}/media/xy/x/;
            error_page 410 =200 /gone.html;
        }
        location /parts/ {
            sluice_gate grant;
            ssi on;
            ssi_types *;
            alias ${state}/media/xy/x/;
        }
        location /part/ {
            proxy_pass ${behind};
        }
        location = /gone.html {
            return 200 "gone";
        }`;
}


before(async () => {
    upstream = createServer((asked, answer) => {
        answer.end(PARTS[asked.url] ?? "from the application");
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");

    stack = await startStack({ extra });
    mint = minter(stack.keys());

    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path("media/xy/x/film.mp4"), FILM);
    writeFileSync(stack.path("media/xy/x/page"),
                  `${WHOLE[0]}<!--# include virtual="/part/1" -->${WHOLE[2]}`
                  + `<!--# include virtual="/part/2" -->${WHOLE[4]}`);
}, { timeout });

after(async () => {
    upstream.close();
    upstream.closeAllConnections();
    await stack?.stop();
}, { timeout });


const ask = (path, options) => request(stack.url + path, options);


describe("what is taken out of logs", { timeout }, () => {
    const path = "/asked/x";

    for (const [where, carried] of [
        ["arguments", (grant) => [`${path}?grant=${grant}`]],
        ["path", (grant) => [`/~${grant}${path}`]],
        ["header", (grant) => [path, { headers: { "Sluice-Grant": grant } }]],
        ["cookie", (grant) => [path,
                               { headers: { Cookie: `sluice_grant=${grant}` } }]],
    ]) {
        it(`stays in the ${where} while a subrequest is logged`, async () => {
            const answer = await ask(...carried(mint.grant({ path })));

            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.text, FILM);
        });
    }

    it("is not in a subrequest's line", async () => {
        const grant = mint.grant({ path, nbf: 7 });
        const line = () => stack.text("logs/first.log").split("\n")
            .filter((text) => text.includes("its-line")).join("\n");

        await ask(`${path}?its-line&grant=${grant}`, {
            headers: { Referer: `${stack.url}${path}?grant=${grant}` },
        });
        await until("it is written", () => line() !== "");

        assert.match(line(), /grant=[^ ]*\.\*{8}.*grant=[^ ]*\.\*{8}/);
        assert.ok(!line().includes(grant.split(".")[2]), line());
    });

    it("stays in the configuration", async () => {
        for (let i = 0; i < 20; i++) {
            assert.equal((await ask("/told/x?grant=a.b.c")).text,
                         "grant=none");
        }
    });
});


describe("a grant that does not let a request pass", { timeout }, () => {
    const claims = {
        filename: "x.mp4", type: "video/x-of-the-grant", rate: 1,
    };

    it("takes no bytes from a user who passes", async () => {
        const path = "/both/film.mp4";
        const url = `${path}?grant=${mint.grant({
            path, jti: randomUUID(), bytes: FILM.length, ...claims,
            rate: undefined })}`;
        const user = await stack.visitor();

        assert.equal((await ask(url)).text, FILM);
        assert.equal((await ask(url)).status, 429);

        const answer = await user.get(url);
        assert.equal(answer.status, 200);
        assert.equal(answer.text, FILM);
        assert.equal(answer.headers["content-disposition"], undefined);
    });

    it("says nothing of the page that is sent in its place", async () => {
        const path = "/gone/film.mp4";
        const answer = await ask(`${path}?grant=${mint.grant({
            path, jti: randomUUID(), uses: 0, ...claims })}`);

        assert.equal(answer.status, 200);
        assert.equal(answer.text, "gone");
        assert.equal(answer.headers["content-disposition"], undefined);
        assert.notEqual(answer.headers["content-type"], claims.type);
    });
});


describe("a grant for bytes, of a page made of parts", { timeout }, () => {
    const path = "/parts/page";
    const url = (bytes) =>
        `${path}?grant=${mint.grant({ path, jti: randomUUID(), bytes })}`;

    it("lets the page pass as it is", async () => {
        const answer = await ask(url(5_000_000), { timeout: 20_000 });

        assert.equal(answer.text, WHOLE.join(""));
    });

    it("cuts it where they end", async () => {
        const outgoing = get(stack.url + url(200_000), { agent: false });
        const [incoming] = await once(outgoing, "response");
        const parts = [];

        incoming.on("data", (part) => parts.push(part));
        await once(incoming, "error");

        const text = parts.join("");
        assert.ok(text.length > 0 && text.length <= 200_000,
                  `${text.length} bytes`);
        assert.ok(WHOLE.join("").startsWith(text));
    });
});
