/* CloudFront's signed URLs and signed cookies at the gate, made by AWS's own
   signer. */

import assert from "node:assert/strict";
import { createSign, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

import { getSignedCookies, getSignedUrl } from "@aws-sdk/cloudfront-signer";

import { request } from "../lib/client.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 120_000;
const FILE = "/media/xy/x/film.mp4";
const HLS = "/media/xy/x/hls/";
const OLD = "https://d111111abcdef8.cloudfront.net";
const BYTES = "not much of a film";

const pem = {
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
};
const keys = {
    KRSA: generateKeyPairSync("rsa", { modulusLength: 2048, ...pem }),
    KEC: generateKeyPairSync("ec", { namedCurve: "P-256", ...pem }),
    KSTRANGER: generateKeyPairSync("rsa", { modulusLength: 2048, ...pem }),
};

let stack, upstream, mint;


function extra(state) {
    const app = `proxy_pass http://127.0.0.1:${upstream.address().port};`;
    const file = (id) => {
        const path = `${state}/${id}.pem`;

        writeFileSync(path, keys[id].publicKey, { mode: 0o644 });
        return path;
    };

    return `
        sluice_cloudfront_key KRSA ${file("KRSA")};
        sluice_cloudfront_key KEC ${file("KEC")};
        sluice_cloudfront_origin ${OLD};
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Real-IP;

        location /app/ { sluice_gate grant; ${app} }
        location /both/ { sluice_gate user grant; ${app} }
        location /tried/ { sluice_gate grant; try_files /none @tried; }
        location @tried { sluice_gate grant; ${app} }
        location /dead/ { sluice_gate grant;
                          proxy_pass http://unix:${state}/run/nobody.sock; }`;
}


before(async () => {
    upstream = createServer((asked, answer) => {
        answer.setHeader("Content-Type", "application/json");
        answer.end(JSON.stringify({ method: asked.method, url: asked.url }));
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");

    stack = await startStack({ extra });
    mint = minter(stack.keys());

    for (const folder of ["x/hls", "xy", "a b"]) {
        mkdirSync(stack.path("media/xy", folder), { recursive: true });
    }
    for (const path of ["x/film.mp4", "xy/film.mp4", "a b/été.mp4",
                        "x/hls/master.m3u8", "x/hls/720.mp4"]) {
        writeFileSync(stack.path("media/xy", path), BYTES);
    }
}, { timeout });

after(async () => {
    upstream.close();
    upstream.closeAllConnections();
    await stack?.stop();
}, { timeout });


const later = (seconds = 3600) => new Date((now() + seconds) * 1000);
const at = (path) => stack.url + path;
const ask = (path, options) => request(stack.url + path, options);

/* Asks for what a signed URL is for, here. */
const follow = (url, options) => {
    const { pathname, search } = new URL(url);
    return ask(pathname + search, options);
};

const signer = (id = "KRSA") => ({
    keyPairId: id, privateKey: keys[id].privateKey,
});

const signed = (path, more = {}) => getSignedUrl({
    url: at(path), dateLessThan: later(), ...signer(), ...more,
});

const policy = (resource, condition = {}, member = {}) => ({
    Statement: [{
        Resource: resource,
        Condition: {
            DateLessThan: { "AWS:EpochTime": now() + 3600 }, ...condition,
        },
        ...member,
    }],
});

const withPolicy = (path, text, more = {}) => getSignedUrl({
    url: at(path), ...signer(),
    policy: typeof text === "string" ? text : JSON.stringify(text), ...more,
});

const cookies = (input) => ({
    Cookie: Object.entries(getSignedCookies({ ...signer(), ...input }))
        .map(([name, value]) => `${name}=${value}`).join("; "),
});

/* base64 as CloudFront has it */
const encode = (bytes) => Buffer.from(bytes).toString("base64")
    .replace(/\+/g, "-").replace(/=/g, "_").replace(/\//g, "~");

function opened(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, BYTES);
}


describe("a URL that AWS's signer signed opens", { timeout }, () => {
    const links = {
        "under a canned policy": () => signed(FILE),
        "with SHA-256": () => signed(FILE, { algorithm: "SHA256" }),
        "with an EC key": () => signed(FILE, signer("KEC")),
        "with an EC key and SHA-256": () =>
            signed(FILE, { ...signer("KEC"), algorithm: "SHA256" }),
        "with a query of its own": () => signed(`${FILE}?b=2&a=1&b=&c`),
        "with a blank and an accent": () => signed("/media/xy/a b/été.mp4"),
        "with a beginning": () => signed(FILE, { dateGreaterThan: later(-5) }),
        "with a policy": () => withPolicy(FILE, policy(at(FILE))),
        "with a policy and SHA-256": () =>
            withPolicy(FILE, policy(at(FILE)), { algorithm: "SHA256" }),
        "with a policy with blanks and lines": () =>
            withPolicy(FILE, `${JSON.stringify(policy(at(FILE)), null, 4)}\n`),
        "with a policy for a folder": () =>
            withPolicy(FILE, policy(at("/media/*"))),
        "with a policy for any scheme": () => withPolicy(FILE,
            policy(at("/media/xy/*/film.mp?").replace("http", "http*"))),
        "with a policy for everything": () => withPolicy(FILE, policy("*")),
        "with a policy that names nothing": () =>
            withPolicy(FILE, policy(undefined)),
        "with a policy for a query": () =>
            withPolicy(`${FILE}?size=9`, policy(at(`${FILE}?size=*`))),
    };

    for (const [what, make] of Object.entries(links)) {
        it(what, async () => opened(await request(make())));
    }

    it("for the host that the distribution had", async () => {
        opened(await follow(signed(FILE, { url: OLD + FILE })));
        opened(await follow(withPolicy(FILE, policy(`${OLD}/media/*`))));
    });

    it("again and again", async () => {
        const first = signed(FILE);
        const second = signed(FILE, { url: OLD + FILE });

        for (let times = 0; times < 4; times++) {
            opened(await follow(first));
            opened(await follow(second));
        }
    });

    it("after one look at the zone by each process", async () => {
        const looks = async () => {
            const { text } = await ask("/metrics");
            const count = (name) => Number(new RegExp(`^${name} (\\d+)$`, "m")
                .exec(text)[1]);

            return count("sluice_verified_hits_total")
                + count("sluice_verified_misses_total");
        };
        const url = signed(FILE, { url: OLD + FILE });

        opened(await follow(url));
        const before = await looks();

        for (let i = 0; i < 20; i++) {
            opened(await follow(url));
        }

        /* two origins, and the first is not the one */
        assert.ok(await looks() - before <= 2 * stack.workers().length);
    });

    it("with its own parameters behind CloudFront's", async () => {
        const url = new URL(signed(`${FILE}?a=1`));
        const own = url.search.slice(1).split("&");

        opened(await ask(`${FILE}?${[...own.slice(1), own[0]].join("&")}`));
    });

    it("when a library has encoded what it did not need to", async () => {
        const url = signed(FILE).replace(/Signature=.*/,
            (text) => text.replace(/~/g, "%7E").replace(/_/g, "%5F"));

        opened(await request(url));
    });

    it("for HEAD", async () => {
        const answer = await request(signed(FILE), { method: "HEAD" });

        assert.equal(answer.status, 200);
    });

    it("for a range", async () => {
        const answer = await request(signed(FILE),
            { headers: { Range: "bytes=4-7" } });

        assert.equal(answer.status, 206);
        assert.equal(answer.text, BYTES.slice(4, 8));
    });

    it("for a preflight that the application answers", async () => {
        const answer = await request(signed("/app/x"), { method: "OPTIONS" });

        assert.equal(answer.json.method, "OPTIONS");
    });

    it("where users may pass, too", async () => {
        assert.equal((await request(signed("/both/x"))).status, 200);
    });

    it("through try_files", async () => {
        assert.equal((await request(signed("/tried/x"))).status, 200);
    });
});


describe("a signed URL for something else is refused", { timeout }, () => {
    it("when it is over", async () => {
        refused(await request(signed(FILE, { dateLessThan: later(-1) })), 410,
            "grant-expired");
        refused(await request(signed(FILE, { dateLessThan: later(-1),
            dateGreaterThan: later(-9) })), 410, "grant-expired");
    });

    it("when it opened, and then was over", async () => {
        const url = signed(FILE, { dateLessThan: later(3) });

        opened(await request(url));
        const answer = await until("the link expires", async () => {
            const late = await request(url);
            return late.status !== 200 && late;
        });
        refused(answer, 410, "grant-expired");
    });

    it("before it begins", async () => {
        refused(await request(signed(FILE, { dateGreaterThan: later(600) })),
            403, "grant-not-yet");
    });

    it("from another address", async () => {
        const url = signed(FILE, { ipAddress: "192.0.2.0/24" });
        const from = (address) => request(url,
            { headers: { "X-Real-IP": address } });

        opened(await from("192.0.2.77"));
        refused(await from("192.0.3.1"), 403, "grant-address");
        refused(await from("2001:db8::1"), 403, "grant-address");
        refused(await request(url), 403, "grant-address");
    });

    it("on another path", async () => {
        const move = (url) => url.replace("/x/", "/xy/");

        refused(await request(move(signed(FILE))), 403, "grant-invalid");
        refused(await request(move(withPolicy(FILE,
            policy(at("/media/xy/x/*"))))), 403, "grant-path");
    });

    it("with another query", async () => {
        refused(await request(signed(`${FILE}?a=1`).replace("a=1", "a=2")),
            403, "grant-invalid");
        refused(await request(signed(FILE).replace("?", "?a=1&")),
            403, "grant-invalid");
        refused(await request(signed(`${FILE}?a=1&b=2`)
            .replace("a=1&b=2", "b=2&a=1")), 403, "grant-invalid");
    });

    it("for another scheme or host", async () => {
        for (const origin of [stack.url.replace("http", "https"),
                              OLD.replace("https", "http"),
                              "https://d2.cloudfront.net"]) {
            refused(await follow(signed(FILE, { url: origin + FILE })), 403,
                "grant-invalid");
            refused(await follow(withPolicy(FILE, policy(`${origin}/*`))), 403,
                "grant-path");
        }
    });

    it("when the query only looks like the path", async () => {
        const url = withPolicy("/media/xy/x/poster.jpg",
            policy(at("/media/*.jpg")));

        refused(await request(url.replace("poster.jpg?", "film.mp4?.jpg&")),
            403, "grant-path");
    });

    it("when nginx would read less than was signed", async () => {
        const url = withPolicy("/media/xy/x/poster.jpg",
            policy(at("/media/*.jpg")));
        const { search } = new URL(url);

        refused(await ask(`/media/xy/x/film.mp4#.jpg${search}`), 403,
            "grant-path");
    });

    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        it(`for ${method}`, async () => {
            refused(await request(signed("/app/x"), { method }), 403,
                "grant-method");
        });
    }

    const spellings = [
        "/media/xy/x/../xy/film.mp4", "/media/xy/x/%2e%2e/xy/film.mp4",
        "/media/xy/x/..%2fxy/film.mp4", "/media/xy/x//film.mp4",
        "/media/xy/x/./film.mp4", "/media/xy/x/y/../film.mp4",
        "/media/xy/x/film%2emp4",
    ];

    for (const spelling of spellings) {
        it(`spelled ${spelling}`, async () => {
            const url = withPolicy(FILE, policy(at("/media/xy/x/*")));
            const { search } = new URL(url);

            refused(await ask(spelling + search), 403, "grant-path");
        });
    }
});


describe("a signed URL that was tampered with is refused", { timeout }, () => {
    const spoilt = {
        "in its signature": (url) =>
            url.replace(/(Signature=.{20})(.)/,
                (all, start, letter) => start + (letter === "A" ? "B" : "A")),
        "in its end": (url) => url.replace(/Expires=\d+/,
            `Expires=${now() + 7200}`),
        "without its signature": (url) => url.replace(/&Signature=[^&]*/, ""),
        "without its key": (url) => url.replace(/&Key-Pair-Id=[^&]*/, ""),
        "without its end": (url) => url.replace(/Expires=\d+&/, ""),
        "with two ends": (url) => url.replace("Expires=", "Expires=1&Expires="),
        "with two signatures": (url) => `${url}&Signature=AAAA`,
        "with another hash": (url) => `${url}&Hash-Algorithm=SHA256`,
        "with a hash that nobody knows": (url) => `${url}&Hash-Algorithm=MD5`,
        "with another known key": (url) => url.replace("KRSA", "KEC"),
        "with a key that nobody knows": (url) => url.replace("KRSA", "K9"),
        "with half a signature": (url) => url.replace(/.{40}$/, ""),
        "with ordinary base64": (url) => url.replace(/Signature=.*/,
            (text) => text.replace(/_/g, "=").replace(/-/g, "+")),
    };

    for (const [how, spoil] of Object.entries(spoilt)) {
        it(how, async () => {
            refused(await request(spoil(signed(FILE))), 403, "grant-invalid");
        });
    }

    it("in its policy", async () => {
        const url = withPolicy(FILE, policy(at("/media/xy/xy/*")));
        const wide = encode(JSON.stringify(policy("*")));

        refused(await request(url.replace(/Policy=[^&]*/, `Policy=${wide}`)),
            403, "grant-invalid");
    });

    it("with the hash left out that it was signed with", async () => {
        refused(await request(signed(FILE, { algorithm: "SHA256" })
            .replace("&Hash-Algorithm=SHA256", "")), 403, "grant-invalid");
    });

    it("by a stranger who names our key", async () => {
        refused(await request(signed(FILE, { ...signer("KSTRANGER"),
                                             keyPairId: "KRSA" })), 403,
        "grant-invalid");
    });
});


describe("a policy that we cannot hold is refused", { timeout }, () => {
    const policies = {
        "with two statements": () => {
            const { Statement: [one] } = policy("*");
            return { Statement: [one, one] };
        },
        "with no end": () => policy("*", { DateLessThan: undefined }),
        "with a condition that nobody knows": () =>
            policy("*", { StringEquals: { "AWS:UserAgent": "x" } }),
        "with a statement of more": () => policy("*", {}, { Effect: "Deny" }),
        "with an end that is text": () =>
            policy("*", { DateLessThan: { "AWS:EpochTime": "2000000000" } }),
        "with two addresses": () => policy("*",
            { IpAddress: { "AWS:SourceIp": ["127.0.0.1", "127.0.0.2"] } }),
        "with a member twice": () => JSON.stringify(policy("*"))
            .replace('"Resource"', '"Resource":"https://x/*","Resource"'),
        "of more than 2,048 bytes": () =>
            JSON.stringify(policy("*")).padEnd(2049),
    };

    for (const [what, make] of Object.entries(policies)) {
        it(what, async () => {
            refused(await request(withPolicy(FILE, make())), 403,
                "grant-invalid");
        });
    }

    it("that is no JSON", async () => {
        const text = "everything";
        const sign = createSign("RSA-SHA1").update(text)
            .sign(keys.KRSA.privateKey);

        refused(await ask(`${FILE}?Policy=${encode(text)}`
            + `&Signature=${encode(sign)}&Key-Pair-Id=KRSA`), 403,
        "grant-invalid");
    });
});


describe("signed cookies", { timeout }, () => {
    const folder = () => cookies({
        policy: JSON.stringify(policy(at(`${HLS}*`))),
    });

    it("open a playlist and all that it names", async () => {
        const headers = folder();

        opened(await ask(`${HLS}master.m3u8`, { headers }));
        opened(await ask(`${HLS}720.mp4`, { headers }));
        opened(await ask(`${HLS}720.mp4?_HLS_msn=3`, { headers }));
        refused(await ask(FILE, { headers }), 403, "grant-path");
    });

    it("open with SHA-256 and an EC key", async () => {
        opened(await ask(FILE, { headers: cookies({ ...signer("KEC"),
            algorithm: "SHA256", policy: JSON.stringify(policy("*")) }) }));
    });

    it("open one file under a canned policy", async () => {
        const headers = cookies({ url: at(FILE), dateLessThan: later() });

        opened(await ask(FILE, { headers }));
        refused(await ask(`${HLS}720.mp4`, { headers }), 403, "grant-invalid");
    });

    it("open for an address", async () => {
        const headers = cookies({ url: at("/media/*"), dateLessThan: later(),
                                  ipAddress: "127.0.0.1" });

        opened(await ask(FILE, { headers }));
        refused(await ask(FILE, { headers: { ...headers,
                                             "X-Real-IP": "192.0.2.1" } }),
        403, "grant-address");
    });

    it("are refused when they are over", async () => {
        refused(await ask(FILE, { headers: cookies({ url: at(FILE),
            dateLessThan: later(-1) }) }), 410, "grant-expired");
    });

    it("are not asked when there is a signed URL", async () => {
        const headers = cookies({ policy: JSON.stringify(policy("*")) });

        opened(await ask(FILE, { headers }));
        refused(await request(signed(FILE, { dateLessThan: later(-1) }),
            { headers }), 410, "grant-expired");
    });

    it("yield to a grant of ours", async () => {
        const grant = mint.grant({ path: FILE });

        opened(await ask(`${FILE}?grant=${grant}`, { headers: cookies({
            url: at(FILE), dateLessThan: later(-1) }) }));
    });
});


describe("what stands behind the gate", { timeout }, () => {
    const seen = async (path, make = signed) =>
        (await request(make(path))).json.url;

    it("sees nothing of a signed URL", async () => {
        assert.equal(await seen("/app/x"), "/app/x");
        assert.equal(await seen("/app/x", (path) => signed(path,
            { algorithm: "SHA256" })), "/app/x");
        assert.equal(await seen("/app/a%20b?a=1&b=%20&a=2"),
            "/app/a%20b?a=1&b=%20&a=2");
        assert.equal(await seen("/app/x?a=1", (path) =>
            withPolicy(path, policy("*"))), "/app/x?a=1");
    });

    it("sees the query as it came with cookies", async () => {
        const answer = await ask("/app/x?Expires=1&a=1", {
            headers: cookies({ policy: JSON.stringify(policy("*")) }),
        });

        assert.equal(answer.json.url, "/app/x?Expires=1&a=1");
    });
});


describe("the metrics", { timeout }, () => {
    it("count CloudFront's links by themselves", async () => {
        const count = async () => Number(
            /^sluice_gate_passed_total\{by="cloudfront"\} (\d+)$/m
                .exec((await ask("/metrics")).text)[1]);
        const before = await count();

        opened(await request(signed(FILE)));
        await request(signed("/tried/x"));
        await request(signed(FILE, { dateLessThan: later(-1) }));
        assert.equal(await count(), before + 2);
    });
});


describe("a query with an end or a policy alone", { timeout }, () => {
    it("is no signed URL", async () => {
        refused(await ask(`${FILE}?Expires=1&Policy=x`), 401,
            "unauthenticated");
    });
});


describe("the logs", { timeout }, () => {
    it("never have a signature", async () => {
        const url = signed("/dead/marked");
        const { search } = new URL(url);
        const signature = /Signature=([^&]*)/.exec(search)[1];

        await ask(`/dead/marked${search}`, { headers: { Referer: url } });
        await request(signed("/media/xy/x/missing.mp4"),
            { headers: { "User-Agent": "log-cloudfront" } });
        await until("the request is logged", () =>
            stack.text("logs/access.log").includes("log-cloudfront"));

        const log = stack.text("logs/error.log");
        assert.ok(log.includes("/dead/marked"));
        assert.ok(log.includes("Signature=***"));
        for (const name of ["logs/access.log", "logs/error.log"]) {
            assert.equal(stack.text(name).includes(signature.slice(0, 40)),
                false, name);
        }
    });
});
