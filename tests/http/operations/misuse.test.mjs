/* What nobody should send, and configurations at the edges: each answered as
   documented, none at the server's cost. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";

import { request } from "../lib/client.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 120_000;
const FILM = "/media/xy/x/film.mp4";

let stack, user, mint;


function extra(state) {
    return `
        location /locked/ {
            alias ${state}/media/;
            sluice_media on;
            auth_basic staff;
            auth_basic_user_file ${state}/passwords;
        }
        location /open/ { alias ${state}/media/; sluice_media on; }
        location /fallen/ {
            sluice_gate grant;
            try_files /nothing /fallback/film.mp4;
        }
        location /fallback/ {
            alias ${state}/media/xy/x/;
            sluice_gate grant;
            sluice_media on;
        }
        location /either/ {
            satisfy any;
            deny all;
            sluice_gate user;
        }
        location /~alice/ { return 200 home; }
        location = /api/jobs/limited {
            sluice_gate user;
            sluice_api;
            limit_except GET { allow all; }
        }`;
}


before(async () => {
    stack = await startStack({ extra });
    mint = minter(stack.keys());
    user = await stack.visitor("viewer");

    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path("media/xy/x/film.mp4"), "bytes");
    /* "open sesame", as nginx's {PLAIN} scheme has it */
    writeFileSync(stack.path("passwords"), "ali:{PLAIN}open sesame\n");
}, { timeout });

after(() => stack?.stop(), { timeout });


describe("a JSON body", { timeout }, () => {
    const sessions = () => `${stack.url}/api/sessions`;

    it("of 60 KiB is read", async () => {
        const answer = await request(sessions(), {
            method: "POST",
            json: { email: "a@b.example", password: "x",
                    pad: "x".repeat(60_000) },
        });

        assert.equal(answer.status, 401, answer.text);
    });

    /* each of them holds up whoever is served beside it */
    it("has no more values and levels than a turn is for", async () => {
        const bodies = {
            "too many values": `{"links":[${"{},".repeat(300_000)}{}]}`,
            "nested too deep": `{"links":${"[".repeat(200_000)}`,
        };

        for (const [what, body] of Object.entries(bodies)) {
            const answer = await user.request("POST", "/api/links", {
                body, headers: { "Content-Type": "application/json" } });

            assert.equal(answer.status, 400, answer.text);
            assert.match(answer.json.detail, new RegExp(what));
        }
    });

    it("without a length is refused before its end", async () => {
        const socket = connect(stack.port, "127.0.0.1");
        let received = "";

        socket.setEncoding("latin1").on("data", (text) => {
            received += text;
        }).on("error", () => {});
        socket.write("POST /api/sessions HTTP/1.1\r\nHost: x\r\n"
                     + "Transfer-Encoding: chunked\r\n\r\n");
        for (let sent = 0; sent < 3; sent++) {
            socket.write(`8000\r\n${"x".repeat(0x8000)}\r\n`);
        }

        await until("a 413 comes while the body goes on",
                    () => received.includes("HTTP/1.1 413"));
        socket.destroy();
        assert.deepEqual(readdirSync(stack.path("tmp/body")), []);
    });
});


describe("a page of another site", { timeout }, () => {
    const cookie = () => ({ Cookie: `sluice_session=${user.token}` });

    for (const site of ["cross-site", "same-site"]) {
        it(`cannot sign anybody in (${site})`, async () => {
            const answer = await request(`${stack.url}/api/sessions`, {
                method: "POST", headers: { "Sec-Fetch-Site": site },
                json: { email: stack.email, password: stack.password },
            });

            assert.equal(answer.status, 403, answer.text);
            assert.equal(answer.json.type, "urn:sluice:problem:cross-site");
        });
    }

    it("cannot upload with the visitor's cookie", async () => {
        const answer = await request(
            `${stack.url}/api/media?filename=a.mp4`, {
                method: "POST", body: "x",
                headers: { ...cookie(), "Sec-Fetch-Site": "cross-site" },
            });

        assert.equal(answer.status, 403, answer.text);
    });

    it("is not what our own page is", async () => {
        const answer = await request(
            `${stack.url}/api/media?filename=a.mp4`, {
                method: "POST", body: "x",
                headers: { ...cookie(), "Sec-Fetch-Site": "same-origin" },
            });

        assert.equal(answer.status, 201, answer.text);
    });
});


describe("a path", { timeout }, () => {
    it("with somebody's home folder is left alone", async () => {
        const answer = await request(`${stack.url}/~alice/x`);

        assert.equal(answer.text, "home");
    });

    it("that try_files leads elsewhere is still opened by its grant",
       async () => {
           const grant = mint.grant({ path: "/fallen/" });
           const url = `${stack.url}/fallen/x?grant=${grant}`;

           assert.equal((await request(url)).text, "bytes");
       });

    it("of the API keeps its API under limit_except", async () => {
        const answer = await user.request("DELETE", "/api/jobs/limited");

        assert.equal(answer.json?.type, "urn:sluice:problem:not-found",
                     answer.text);
    });

    it("behind satisfy any asks for a sign-in", async () => {
        const answer = await request(`${stack.url}/either/x`);

        assert.equal(answer.status, 401);
        assert.match(answer.headers["www-authenticate"], /^Bearer /);
    });
});


describe("shared caches", { timeout }, () => {
    const caching = async (path, headers) => {
        const answer = await request(stack.url + path, { headers });

        assert.equal(answer.status, 200, answer.text);
        return answer.headers["cache-control"];
    };

    it("may keep what everybody may have", async () => {
        assert.equal(await caching("/open/xy/x/film.mp4"),
                     "max-age=31536000, immutable");
    });

    it("must not keep what a grant opens", async () => {
        const grant = mint.grant({ path: FILM });

        assert.match(await caching(`${FILM}?grant=${grant}`), /^private,/);
    });

    it("must not keep what a password opens", async () => {
        const basic = Buffer.from("ali:open sesame").toString("base64");

        assert.match(await caching("/locked/xy/x/film.mp4",
                                   { Authorization: `Basic ${basic}` }),
                     /^private,/);
    });
});


describe("a sign-in", { timeout }, () => {
    it("from a browser whose name is not UTF-8 works", async () => {
        const answer = await request(`${stack.url}/api/sessions`, {
            method: "POST", headers: { "User-Agent": "Caf\xe9" },
            json: { email: stack.email, password: stack.password },
        });

        assert.equal(answer.status, 201, answer.text);
    });
});


describe("a list of scores", { timeout }, () => {
    it("has the first page of each alone", async () => {
        const id = "01890000-0000-7000-8000-0000000000ab";

        await stack.sql(`insert into sluice.media (id, owner, kind, state,
            title, filename, extension, bytes, sha256, pages) values
            ('${id}', '${user.user.id}', 'score', 'ready', 'Long', 'l.pdf',
             'pdf', 1, sha256('x'), 500)`);

        const { json: { items } } = await user.get("/api/media?kind=score");
        const { json: whole } = await user.get(`/api/media/${id}`);

        assert.equal(items[0].links.pages.length, 1);
        assert.equal(whole.links.pages.length, 500);
        assert.equal(new Set(whole.links.pages.map((url) =>
            new URL(url).searchParams.get("grant"))).size, 1);
    });
});
