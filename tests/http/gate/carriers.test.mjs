/* How a grant travels: what stands behind the gate sees a clean path, a player
   comes from file to file, and no log keeps what opens. */

import assert from "node:assert/strict";
import { createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import http2 from "node:http2";
import { connect } from "node:net";
import { dirname } from "node:path";

import { request, until } from "../lib/client.mjs";
import { freePort } from "../lib/ports.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 120_000;
const FILM = "/media/xy/x/";
const BYTES = "some bytes of a film";

const rsa = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

let stack, bare, upstream, mint, port2;


function extra(state) {
    const app = `http://127.0.0.1:${upstream.address().port}`;

    writeFileSync(`${state}/rsa.pem`, rsa.publicKey, { mode: 0o644 });
    return `
        listen 127.0.0.1:${port2} http2;
        sluice_cloudfront_key KRSA ${state}/rsa.pem;
        access_log ${state}/logs/access.log sluice;
        access_log ${state}/logs/combined.log combined;
        error_log ${state}/logs/error.log warn;
        error_log ${state}/logs/info.log info;

        location /app/ { sluice_gate grant; proxy_pass ${app}; }
        location /mapped/ { sluice_gate grant; proxy_pass ${app}/base/; }
        location /named/ { sluice_gate grant; try_files /none @app; }
        location @app { proxy_pass ${app}; }
        location /gated/ { sluice_gate grant; try_files /none @gated; }
        location @gated { sluice_gate grant; proxy_pass ${app}; }
        location /uri/ { sluice_gate grant; try_files /none /app/tried?$args; }
        location /last/ { sluice_gate grant;
                          rewrite ^/last/(.*)$ /app/$1 last; }
        location /break/ { sluice_gate grant;
                           rewrite ^/break/(.*)$ /moved/$1 break;
                           proxy_pass ${app}; }
        location /missing/ { sluice_gate grant; error_page 404 = @app; }
        location /denied/ { sluice_gate grant; error_page 401 403 410 = @app;
                            proxy_pass ${app}; }
        location ~ ^/regex/(?<rest>.+)$ { sluice_gate grant;
                            proxy_pass ${app}/r/$rest$is_args$args; }
        location /alias/ { sluice_gate grant; alias ${state}/media/xy/x/; }
        location /index/ { sluice_gate grant; alias ${state}/media/xy/x/;
                           index film.mp4; }
        location /open/ { proxy_pass ${app}; }
        location /plain/ { root ${state}; }
        location /user/ { sluice_gate user; proxy_pass ${app}; }
        location /dead/ { sluice_gate grant;
                          proxy_pass http://unix:${state}/run/nobody.sock; }
        location /dead-open/ {
                          proxy_pass http://unix:${state}/run/nobody.sock; }
        location /fixed/ { error_page 404 /open/~a.b.c/d?grant=e.f.g; }
        location /small/ { sluice_gate grant; client_max_body_size 1;
                           proxy_pass ${app}; }`;
}


before(async () => {
    /* an application that tells what it was asked */
    upstream = createServer((asked, answer) => {
        answer.setHeader("X-Asked", asked.url);
        answer.end(asked.url);
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    port2 = await freePort();

    stack = await startStack({ extra });
    mint = minter(stack.keys());
    for (const [path, text] of Object.entries(tree)) {
        mkdirSync(dirname(stack.path(FILM.slice(1), path)),
            { recursive: true });
        writeFileSync(stack.path(FILM.slice(1), path), text);
    }
    writeFileSync(stack.path("media/xy/above.ts"), BYTES);

    /* another nginx that tells nothing at level info, where it would already
       have looked for the request line, and that logs all there is of a URL */
    bare = await stack.secondNginx((text) => text
        .replace(/include .*extra\.conf;/, `
            access_log ${stack.path("logs/bare.log")} combined;
            access_log ${stack.path("logs/all.log")} all;
            access_log ${stack.path("logs/carried.log")} carried;
            location ~ ^/~ { return 404; }
            location /user/ { sluice_gate user; return 200; }
            location /last/ { sluice_gate grant;
                              rewrite ^/last/(.*)$ /app/$1 last; }
            location /app/ { sluice_gate grant;
                proxy_pass http://127.0.0.1:${upstream.address().port}; }`)
        .replace("http {", `http { log_format all
            "$uri $document_uri $args $query_string $request_uri";
            log_format carried "$http_cookie $http_sluice_grant";`));
}, { timeout });

after(async () => {
    upstream.close();
    upstream.closeAllConnections();
    await stack?.stop();
}, { timeout });


/* What players are given: RFC 8216, and ISO/IEC 23009-1. */
const tree = {
    "film.mp4": BYTES,
    "hls/master.m3u8": `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="fr",URI="audio/fr/list.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=800000,AUDIO="a"
video/720/list.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=8000,URI="./video/720/frames.m3u8"
`,
    "hls/audio/fr/list.m3u8": `#EXTM3U
#EXT-X-MAP:URI="init.mp4"
#EXTINF:4,
1.m4s
#EXTINF:4,
2.m4s?part=1
#EXT-X-ENDLIST
`,
    "hls/video/720/list.m3u8": `#EXTM3U
#EXT-X-KEY:METHOD=AES-128,URI="../../keys/film%201.key"
#EXT-X-MAP:URI="init.mp4",BYTERANGE="10@0"
#EXTINF:4,
#EXT-X-BYTERANGE:10@0
all.mp4
#EXTINF:4,
../720/all.mp4
#EXT-X-ENDLIST
`,
    "hls/video/720/frames.m3u8": `#EXTM3U
#EXTINF:4,
all.mp4
`,
    "hls/audio/fr/init.mp4": BYTES,
    "hls/audio/fr/1.m4s": BYTES,
    "hls/audio/fr/2.m4s": BYTES,
    "hls/video/720/init.mp4": BYTES,
    "hls/video/720/all.mp4": BYTES,
    "hls/keys/film 1.key": "0123456789abcdef",
    "dash/film.mpd": `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>streams/</BaseURL>
<Period><AdaptationSet><BaseURL>video/</BaseURL><SegmentTemplate
 initialization="$RepresentationID$/init.mp4"
 media="$RepresentationID$/$Number$.m4s" startNumber="1"/>
<Representation id="720"/><Representation id="1080"/>
</AdaptationSet></Period></MPD>
`,
    ...Object.fromEntries(["720", "1080"].flatMap((id) =>
        ["init.mp4", "1.m4s", "2.m4s"].map((name) =>
            [`dash/streams/video/${id}/${name}`, BYTES]))),
};


const ask = (path, headers) => request(stack.url + path, { headers });
const join = (path, query) => path + (path.includes("?") ? "&" : "?") + query;

/* The ways a grant can come along with a request for `path`. */
const carriers = {
    "the path": (path, grant) => ask(`/~${grant}${path}`),
    "the query": (path, grant) => ask(join(path, `grant=${grant}`)),
    "the header": (path, grant) => ask(path, { "Sluice-Grant": grant }),
    "the cookie": (path, grant) => ask(path,
        { Cookie: `sluice_grant=${grant}` }),
};


describe("a player that has a link in its path", { timeout }, () => {
    const uris = (playlist) => playlist.split("\n").flatMap((line) =>
        line.startsWith("#") ? /URI="([^"]*)"/.exec(line)?.[1] ?? []
            : line || []);

    /* Fetches a playlist and all it names; answers the paths that came. */
    async function play(url, came = []) {
        const answer = await request(String(url));

        assert.equal(answer.status, 200, `${url.pathname}: ${answer.text}`);
        came.push(url.pathname.replace(/^\/~[^/]*/, ""));
        if (url.pathname.endsWith(".m3u8")) {
            for (const uri of uris(answer.text)) {
                await play(new URL(uri, url), came);
            }
        }
        return came;
    }

    const start = (path, folder = FILM) => new URL(
        `${stack.url}/~${mint.grant({ path: folder })}${FILM}${path}`);

    it("fetches each file of an HLS film", async () => {
        const came = await play(start("hls/master.m3u8"));

        assert.deepEqual([...new Set(came)].sort(), Object.keys(tree)
            .filter((path) => path.startsWith("hls/"))
            .map((path) => encodeURI(FILM + path)).sort());
    });

    it("fetches each file of a DASH film", async () => {
        const url = start("dash/film.mpd");
        const { text, status } = await request(String(url));
        const [outer, inner] = text.match(/(?<=<BaseURL>)[^<]*/g);
        const base = new URL(inner, new URL(outer, url));

        assert.equal(status, 200);
        for (const [, id] of text.matchAll(/ion id="(\d+)"/g)) {
            for (const [, template] of text
                .matchAll(/(?:initialization|media)="([^"]*)"/g)) {
                const uri = template.replace("$RepresentationID$", id)
                    .replace("$Number$", "1");

                assert.equal((await request(String(new URL(uri, base)))).text,
                    BYTES, uri);
            }
        }
    });

    it("cannot climb above the folder of the grant", async () => {
        const url = start("hls/master.m3u8", `${FILM}hls/`);

        for (const uri of ["../film.mp4", "../../above.ts", "/film.mp4",
                           "video/../../film.mp4", "..%2ffilm.mp4",
                           "%2e%2e/film.mp4"]) {
            const answer = await request(String(new URL(uri, url)));

            assert.notEqual(answer.text, BYTES, uri);
            assert.ok(answer.status === 403 || uri === "/film.mp4",
                `${uri}: ${answer.status}`);
        }
    });
});


describe("what stands behind the gate", { timeout }, () => {
    const places = {
        "proxy_pass": ["/app/a/b", "/app/a/b"],
        "proxy_pass with a path of its own": ["/mapped/a/b", "/base/a/b"],
        "proxy_pass with variables": ["/regex/a/b", "/r/a/b"],
        "a named location of try_files": ["/named/a/b", "/named/a/b"],
        "a named location of try_files that has a gate, too":
            ["/gated/a/b", "/gated/a/b"],
        "the last of try_files": ["/uri/a/b", "/app/tried"],
        "rewrite with last": ["/last/a/b", "/app/a/b"],
        "rewrite with break": ["/break/a/b", "/moved/a/b"],
        "a named location of error_page": ["/missing/a/b", "/missing/a/b"],
        "error_page for what the gate lets in": ["/denied/a/b", "/denied/a/b"],
    };

    for (const [place, [path, seen]] of Object.entries(places)) {
        for (const [where, carry] of Object.entries(carriers)) {
            it(`sees no grant of ${where}: ${place}`, async () => {
                const grant = mint.grant({ path });

                assert.equal((await carry(path, grant)).text, seen);
                assert.equal((await carry(`${path}?x=1&y=2`, grant)).text,
                    `${seen}?x=1&y=2`);
            });
        }
    }

    for (const [where, carry] of Object.entries(carriers)) {
        it(`finds files by alias, ${where}`, async () => {
            assert.equal((await carry("/alias/film.mp4",
                mint.grant({ path: "/alias/" }))).text, BYTES);
        });

        it(`finds the index of a folder, ${where}`, async () => {
            assert.equal((await carry("/index/",
                mint.grant({ path: "/index/" }))).text, BYTES);
        });

        it(`gets the path as the client wrote it, ${where}`, async () => {
            const path = "/app/a%20b%2Bc%26d%3De%40f%3bg+h%3F%23%C3%A9";

            assert.equal((await carry(`${path}?x=%26%2B+%2f`,
                mint.grant({ path: "/app/" }))).text,
            `${path}?x=%26%2B+%2f`);
        });

        it(`may be nothing but the root, ${where}`, async () => {
            assert.match((await carry("/", mint.grant({ path: "/" }))).text,
                /<!doctype html>/i);
        });
    }

    /* %s is where the grant is */
    const queries = {
        "?%s": "", "?%s&": "?", "?&%s": "?", "?&%s&": "?&",
        "?%s&a=1": "?a=1", "?a=1&%s": "?a=1", "?a=1&%s&b=2": "?a=1&b=2",
        "?a=1&&%s&&b=2": "?a=1&&&b=2", "?b=2&a=1&%s&a=1&": "?b=2&a=1&a=1&",
        "?xgrant=1&%s": "?xgrant=1", "?grants=1&%s": "?grants=1",
        "?a=grant=1&%s&grant": "?a=grant=1&grant",
        "?a=%%26grant=1&%s": "?a=%26grant=1", "?Grant=1&%s": "?Grant=1",
        "?a=x?y/z&%s": "?a=x?y/z", "?%s&%s": "", "?%s&a=1&%s&b=2": "?a=1&b=2",
    };

    for (const [query, left] of Object.entries(queries)) {
        it(`gets of ${query} ${left || "nothing"}`, async () => {
            const grant = `grant=${mint.grant({ path: "/app/x" })}`;
            const answer = await ask(`/app/x${
                query.replaceAll("%s", grant).replaceAll("%%", "%")}`);

            assert.equal(answer.status, 200, answer.text);
            assert.match(answer.text, /^\/app\/x/);
            /* "?" without anything behind it is the same query as none */
            assert.equal(answer.text.slice("/app/x".length).replace(/^\?$/, ""),
                left.replace(/^\?$/, ""));
        });
    }

    it("gets no second grant from the query of a link in a path", async () => {
        const grant = mint.grant({ path: "/app/x" });

        assert.equal((await ask(`/~${grant}/app/x?a=1&grant=${grant}&b=2`))
            .text, "/app/x?a=1&b=2");
    });

    for (const [where, carry] of Object.entries(carriers)) {
        it(`sees a clean path of what was refused, ${where}`, async () => {
            const answer = await carry("/denied/x", mint.grant({ path: "/" })
                .slice(0, -4) + "AAAA");

            assert.match(answer.text, /^\/denied\/x/);
        });
    }

    it("gets a clean path where there is no gate", async () => {
        assert.equal((await ask(`/~${mint.grant({ path: "/" })}/open/x?a=1`))
            .text, "/open/x?a=1");
    });

    it("gets a home folder as it is", async () => {
        assert.equal((await ask("/open/~alice/x")).text, "/open/~alice/x");
    });
});


describe("over HTTP/2", { timeout }, () => {
    let session;

    before(() => {
        session = http2.connect(`http://127.0.0.1:${port2}`);
    });

    after(() => session.destroy());

    async function asked(path, headers = {}) {
        const stream = session.request({ ":path": path, ...headers });
        let text = "";

        stream.setEncoding("utf8").on("data", (part) => { text += part; });
        await once(stream, "end");
        return text;
    }

    it("a grant opens in every carrier", async () => {
        const path = "/app/a%20b";
        const grant = mint.grant({ path: "/app/" });

        for (const [url, headers] of [
            [`/~${grant}${path}?x=1`], [`${path}?x=1&grant=${grant}`],
            [`${path}?x=1`, { "sluice-grant": grant }],
            [`${path}?x=1`, { cookie: `a=b; sluice_grant=${grant}` }]]) {
            assert.equal(await asked(url, headers), `${path}?x=1`);
        }
    });

    it("no log keeps it", async () => {
        const path = "/app/x";
        const tokens = Array.from({ length: 4 },
            (_, jti) => mint.grant({ path, jti: `h2-${jti}` }));

        await asked(`/~${tokens[0]}${path}`);
        await asked(`${path}?grant=${tokens[1]}`);
        await asked(`/open/x?grant=${tokens[2]}`);
        await asked(path, { referer: `https://a.example/~${tokens[3]}/x` });
        await keptNowhere(tokens);
    });
});


const signatureOf = (token) => token.split(".").at(-1);

const logs = () => readdirSync(stack.path("logs"))
    .map((name) => [name, stack.text("logs", name)]);

const combined = () => stack.text("logs/combined.log");

const sent = [];                /* what no log may have in the end */
let marks = 0;

/* Fails when a log has the end of one of these. What nginx tells at level info
   of requests that it cannot read, it tells before any module is asked; and an
   operator who logs headers gets those that are not counted as they are. */
async function keptNowhere(secrets, { readable = true, counted = true } = {}) {
    const mark = `/open/mark-${++marks}`;

    await ask(mark);
    await until("the log has all", () => combined().includes(mark),
        { every: 4 });
    sent.push(...secrets);
    for (const [name, text] of logs()) {
        if (name === "info.log" && !readable
            || name === "carried.log" && !counted) {
            continue;
        }
        for (const secret of secrets) {
            const at = text.indexOf(signatureOf(secret));

            assert.equal(at, -1, `${name}: ${text.slice(
                text.lastIndexOf("\n", at) + 1, text.indexOf("\n", at))}`);
        }
    }
}

/* Bytes as they are, on a connection of their own, until nginx ends it. */
const raw = (text, port = stack.port) => new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));

    socket.resume().on("close", resolve).on("error", () => {});
});


/* A link as CloudFront has it, with a canned policy. */
function cloudFront(path, seconds = 3600) {
    const exp = now() + seconds;
    const url = stack.url + path;
    const signature = createSign("RSA-SHA1").update(JSON.stringify({
        Statement: [{ Resource: url,
                      Condition: { DateLessThan: { "AWS:EpochTime": exp } } }],
    })).sign(rsa.privateKey, "base64").replaceAll("+", "-")
        .replaceAll("=", "_").replaceAll("/", "~");

    return { signature, path: join(path,
        `Expires=${exp}&Signature=${signature}&Key-Pair-Id=KRSA`) };
}


describe("no log keeps a grant", { timeout }, () => {
    const grants = {
        "that opens": (path) => mint.grant({ path, jti: `o-${++marks}` }),
        "for another path": () => mint.grant({ path: `/other/${++marks}` }),
        "that has expired": (path) => mint.grant({ path, exp: 1, n: ++marks }),
        "that is forged": (path) => mint.grant({ path, n: ++marks })
            .replace(/.{9}$/, "AAAAAAAAA"),
    };
    const paths = {
        "that answers": "/app/x",
        "with blanks in it": "/app/a%20b",
        "that is not there": "/media/xy/none.mp4",
        "without an application behind it": "/dead/x",
        "without an application behind it, and without a gate": "/dead-open/x",
        "without a gate": "/open/x",
        "for users": "/user/x",
        "that is rewritten": "/last/x",
        "that is rewritten in place": "/break/x",
        "of a named location": "/named/x",
        "of an error_page": "/missing/x",
        "with two slashes": "/app//x",
        "with dots": "/app/y/../x",
        "with arguments": "/app/x?a=1&b=2",
        "of the page": "/",
    };

    for (const [what, make] of Object.entries(grants)) {
        for (const [which, path] of Object.entries(paths)) {
            it(`${what}, at a path ${which}`, async () => {
                const tokens = [];

                for (const carry of Object.values(carriers)) {
                    const token = make(decodeURI(path.replace(/\?.*/, "")));

                    tokens.push(token);
                    await carry(path, token);
                }
                await keptNowhere(tokens);
            });
        }
    }

    const messages = {
        "in the second of two arguments": (one, two) =>
            `GET /app/x?grant=${one}&grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in path and query": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in query and header": (one, two) => `GET /app/x?grant=${one} `
            + `HTTP/1.1\r\nHost: x\r\nSluice-Grant: ${two}\r\n\r\n`,
        "in header and path that is none": (one, two) => `GET //~${one}/app/x `
            + `HTTP/1.1\r\nHost: x\r\nSluice-Grant: ${two}\r\n\r\n`,
        "in the path, one behind the other": (one, two) =>
            `GET /~${one}/~${two}/x HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a path with an encoded tilde": (one, two) =>
            `GET /%7E${one}/app/x?a=/%7e${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a path with an encoded character": (one, two) =>
            `GET /~%65${one.slice(1)}/app/x?a=/~%65${two.slice(1)} `
            + "HTTP/1.1\r\nHost: x\r\n\r\n",
        "in a path with encoded dots": (one, two) =>
            `GET /~${one.replaceAll(".", "%2E")}/app/x?gr%61nt=${
                two.replaceAll(".", "%2e")} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in the name of a file that is not there": (one, two) =>
            `GET /plain/~${one}/x/~%65${two.slice(1)} HTTP/1.1\r\n`
            + "Host: x\r\n\r\n",
        "in a URL within another": (one, two) =>
            `GET /app/x?next=https%3A%2F%2Fx%2F~${one}%2Fy&u=%3Fgrant%3D${
                two}%26a HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in two cookies": (one, two) => "GET /app/x HTTP/1.1\r\nHost: x\r\n"
            + `Cookie: sluice_grant=${one};sluice_grant=${two}; a=b\r\n\r\n`,
        "in a Referer with an encoded tilde": (one, two) =>
            `GET /~${one}/app/x HTTP/1.1\r\nHost: x\r\n`
            + `Referer: https://a.example/%7E${two}/x\r\n\r\n`,
        "in an argument's value": (one, two) =>
            `GET /app/x?next=/~${one}/x&u=?grant=${two} HTTP/1.1\r\n`
            + "Host: x\r\n\r\n",
        "in a whole URL": (one, two) =>
            `GET http://x/~${one}/app/x?grant=${two} HTTP/1.1\r\n`
            + "Host: x\r\n\r\n",
        "in a line of HTTP/1.0": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/1.0\r\n\r\n`,
        "in a line of HTTP/0.9": (one, two) =>
            `GET /~${one}/app/x?grant=${two}\r\n`,
        "in a line of an unknown method": (one, two) =>
            `FETCH /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a request whose body is too long": (one, two) =>
            `POST /~${one}/small/x?grant=${two} HTTP/1.1\r\nHost: x\r\n`
            + "Connection: close\r\nContent-Length: 9\r\n\r\n123456789",
        "in a request with trailing parts of another": (one, two) =>
            `GET /~${one}/app/x HTTP/1.1\r\nHost: x\r\n\r\n`
            + `GET /app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a Referer": (one, two) => "GET /app/x HTTP/1.1\r\nHost: x\r\n"
            + `Referer: https://a.example/~${one}/x?grant=${two}\r\n\r\n`,
        "in a Referer where there is no gate": (one, two) =>
            "GET /open/x HTTP/1.1\r\nHost: x\r\n"
            + `Referer: https://a.example/~${one}/x?grant=${two}\r\n\r\n`,
        "in a Referer of what has no application": (one, two) =>
            "GET /dead-open/x HTTP/1.1\r\nHost: x\r\n"
            + `Referer: https://a.example/~${one}/x?grant=${two}\r\n\r\n`,
        "in a path of two slashes": (one, two) => `GET //~${one}/app/x?a=/~${
            two}&grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in arguments that a rewrite copies": (one, two) =>
            `GET /last/x?a=/~${one}/&grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a cookie": (one) => "GET /app/x HTTP/1.1\r\nHost: x\r\n"
            + `Cookie: sluice_grant=${one}\r\n\r\n`,
        "in Sluice-Grant": (one) => "GET /app/x HTTP/1.1\r\nHost: x\r\n"
            + `Sluice-Grant: ${one}\r\n\r\n`,
    };
    const unreadable = {
        "in a line with a blank too many": (one, two) =>
            `GET /~${one}/app/a b?grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a line of no version": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/x\r\nHost: x\r\n\r\n`,
        "in a line of a version to come": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/3.0\r\nHost: x\r\n\r\n`,
        "in a line of no method": (one, two) =>
            `get /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a request without a host": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/1.1\r\n\r\n`,
        "in a request with two hosts": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n`
            + "Host: y\r\n\r\n",
        "in a request with a header that is none": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n`
            + ": y\r\n\r\n",
        "in a request with a NUL in a header": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n`
            + "A: \0\r\n\r\n",
        "in a path with a NUL": (one, two) =>
            `GET /~${one}/app/%00?grant=${two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a path above the root": (one, two) => `GET /~${one}/../../x?grant=${
            two} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a line that is too long": (one, two) => `GET /~${one}/app/x?grant=${
            two}&x=${"x".repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
        "in a request whose headers are too long": (one, two) =>
            `GET /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n`
            + `A: ${"x".repeat(9000)}\r\n\r\n`,
        "in a request whose length is no number": (one, two) =>
            `POST /~${one}/app/x?grant=${two} HTTP/1.1\r\nHost: x\r\n`
            + "Content-Length: nine\r\n\r\n",
    };

    for (const [where, message] of Object.entries(
        { ...messages, ...unreadable })) {
        it(where, async () => {
            const tokens = [1, 2].map(() =>
                mint.grant({ path: "/app/", n: ++marks }));

            for (const { port } of [stack, bare]) {
                await raw(message(...tokens).replace(/\r\n\r\n$/,
                    "\r\nConnection: close\r\n\r\n"), port);
            }
            await keptNowhere(tokens, { readable: where in messages,
                                        counted: !where.includes("header") });
        });
    }
});


describe("no log keeps a signature of CloudFront's links", { timeout }, () => {
    for (const path of ["/app/x", "/dead/x", "/dead-open/x", "/open/x",
                        "/last/x", "/app/x?a=1", "/app//x", "/media/xy/none",
                        "/user/x"]) {
        it(`at ${path}`, async () => {
            const links = [cloudFront(path), cloudFront(path, -9)];

            for (const link of links) {
                await ask(link.path);
                await ask(link.path, { "Sluice-Grant": "a.b.c" });
                await ask("/open/x",
                    { Referer: `https://a.example${link.path}` });
            }
            await keptNowhere(links.map(({ signature }) => signature));
        });
    }

    it("that opens", async () => {
        assert.equal((await ask(cloudFront("/app/x").path)).text, "/app/x");
    });
});


describe("a log keeps", { timeout }, () => {
    const line = (mark) => until(`${mark} is in the log`, () => combined()
        .split("\n").find((text) => text.includes(mark)));

    it("what a grant says, without its signature", async () => {
        const token = mint.grant({ path: "/app/kept", jti: "kept" });
        const [header, claims, signature] = token.split(".");

        await ask(`/~${token}/app/kept`);
        assert.ok((await line("/app/kept")).includes(
            `"GET /~${header}.${claims}.${"*".repeat(signature.length)}`
            + "/app/kept HTTP/1.1"));
    });

    for (const path of ["/~alice/home", "/~alice.smith/home",
                        "/open/~bob/home", "/open/x?user=~carol.c/home",
                        "/open/x?granted=abc.def&home",
                        "/open/x?signature=abc.def&home"]) {
        it(`${path} as it is`, async () => {
            await ask(path);
            assert.match(await line(path), /GET .*home HTTP/);
        });
    }
});


describe("what the configuration itself says", { timeout }, () => {
    it("is not redacted along with the requests", async () => {
        for (let times = 0; times < 12; times++) {
            assert.equal((await ask("/fixed/x")).text,
                "/open/~a.b.c/d?grant=e.f.g");
        }
    });
});


/* nginx sends 301 with the path that it sees, which is the clean one. */
describe("a folder asked for without its slash", { timeout }, () => {
    for (const where of ["the header", "the cookie"]) {
        it(`opens after the redirect, ${where}`, async () => {
            const carry = carriers[where];
            const grant = mint.grant({ path: FILM });
            const first = await carry(`${FILM}hls`, grant);
            const second = await carry(
                new URL(first.headers.location).pathname, grant);

            assert.equal(first.status, 301, first.text);
            assert.equal(second.json?.type, undefined);
        });
    }
});


describe("in the end", { timeout }, () => {
    it("no log has a signature of all that were sent", () => {
        for (const [name, text] of logs()) {
            if (name !== "info.log" && name !== "carried.log") {
                assert.deepEqual(sent.filter((secret) =>
                    text.includes(signatureOf(secret))), [], name);
            }
        }
    });
});
