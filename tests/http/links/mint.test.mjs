/* Links that others sign: the examples in each language, and sluicectl. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { request } from "../lib/client.mjs";
import { TOP, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { hmac, minter, now, token } from "../lib/token.mjs";

const timeout = 120_000;
const EXAMPLES = join(TOP, "conf/examples/mint");
const FOLDER = "/media/xy/a b/";
const FILE = `${FOLDER}été.mp4`;
const BYTES = "not much of a film";

let stack, mint;


before(async () => {
    stack = await startStack();
    mint = minter(stack.keys());
    mkdirSync(stack.path(FOLDER), { recursive: true });
    writeFileSync(stack.path(FILE), BYTES);
}, { timeout });

after(() => stack?.stop(), { timeout });


function works(program, ...words) {
    return spawnSync(program, words, { stdio: "ignore" }).status === 0;
}

/* How each language is started here, or what is missing. */
const LANGUAGES = {
    shell: () => works("openssl", "version")
        ? [join(EXAMPLES, "mint.sh")] : "openssl is not here",

    Python: () => {
        const python = ["python3", "/usr/bin/python3"]
            .find((program) => works(program, "-c", "import jwt"));

        return python ? [python, join(EXAMPLES, "mint.py")]
            : "PyJWT is not here";
    },

    JavaScript: () => [process.execPath, join(EXAMPLES, "mint.mjs")],

    Java: () => works("javac", "-version")
        ? ["java", join(EXAMPLES, "Mint.java")] : "a JDK is not here",

    PHP: () => works("php", "-v")
        ? ["php", join(EXAMPLES, "mint.php")] : "php is not here",
};

/* The grant that an example signs. */
function example([program, ...words], path, seconds) {
    const { kid, k } = mint.secret;

    if (words[0]?.endsWith(".mjs")) {
        /* where it finds our node_modules */
        const copy = join(stack.folder, "mint.mjs");

        copyFileSync(words[0], copy);
        symlinkSync(join(TOP, "tests/node_modules"),
            join(dirname(copy), "node_modules"));
        words[0] = copy;
    }

    return execFileSync(program, [...words, path, String(seconds)], {
        encoding: "utf8",
        env: { ...process.env, SLUICE_KID: kid, SLUICE_SECRET: k },
    }).trimEnd();
}


describe("an example opens the gate", { timeout }, () => {
    for (const [language, find] of Object.entries(LANGUAGES)) {
        const command = find();
        const skip = typeof command === "string" && `${language}: ${command}`;

        it(`in ${language}`, { skip }, async () => {
            const grant = example(command, FILE, 60);
            const answer = await request(
                `${stack.url}${encodeURI(FILE)}?grant=${grant}`);

            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.text, BYTES);
        });
    }
});


/* Runs `sluicectl link`: {status, stdout, stderr}. */
function link(...words) {
    return spawnSync(stack.path("bin/sluicectl"), ["link", ...words], {
        encoding: "utf8",
        env: { ...process.env, SLUICE_KEYS: "" },
    });
}

function sign(...words) {
    const { status, stdout, stderr } = link("sign", "--keys",
        stack.path("keys.json"), "--url", stack.url, "--json", ...words);

    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
}

const claimsOf = ({ grant }) =>
    JSON.parse(Buffer.from(grant.split(".")[1], "base64url"));


describe("sluicectl link sign", { timeout }, () => {
    it("writes every claim that was asked for", () => {
        const { exp, iat, ...claims } = claimsOf(sign(
            "--path", FOLDER, "--not-before", "2026-01-31T12:00:00Z",
            "--method", "GET,PUT", "--method", "DELETE",
            "--ip", "10.0.0.0/8", "--ip=::1,192.0.2.7", "--uses", "3",
            "--bytes", "0", "--rate", "125000", "--filename", 'a "b".mp4',
            "--type", 'video/mp4; codecs="avc1"', "--sub", "user",
            "--sid", "session", "--jti", "one"));

        assert.deepEqual(claims, {
            path: FOLDER, nbf: Date.UTC(2026, 0, 31, 12) / 1000,
            methods: ["GET", "PUT", "DELETE"],
            ip: ["10.0.0.0/8", "::1", "192.0.2.7"], uses: 3, bytes: 0,
            rate: 125000, filename: 'a "b".mp4',
            type: 'video/mp4; codecs="avc1"', sub: "user", sid: "session",
            jti: "one",
        });
        assert.equal(exp - iat, 3600);
    });

    it("writes nothing else", () => {
        assert.deepEqual(Object.keys(claimsOf(sign("--path", FILE))).sort(),
                         ["exp", "jti", "path"]);
    });

    it("makes a link that opens where it says", async () => {
        const answer = await request(
            sign("--path", FOLDER, "--ip", "127.0.0.0/8", "--method", "GET")
                .path_url + encodeURI("été.mp4"));

        assert.equal(answer.status, 200, answer.text);
    });

    it("makes a link that opens nowhere else", async () => {
        const answer = await request(
            sign("--path", FILE, "--ip", "192.0.2.0/24").url);

        assert.equal(answer.status, 403, answer.text);
        assert.equal(answer.json.type, "urn:sluice:problem:grant-address");
    });

    const wrong = {
        "--path": ["a", "/a/../b", "//"],
        "--not-before": ["tomorrow", "2026-02-30x", "0", "99999999999999999"],
        "--expires-in": ["0", "-1", "x", "999999999999"],
        "--method": ["get", "", "GET,", "TRACE"],
        "--ip": ["10.0.0.0/33", "host", "", Array(9).fill("::1").join()],
        "--uses": ["-1", "1.5", "9007199254740993"],
        "--bytes": ["-1", "1k"],
        "--rate": ["0", "1M"],
        "--filename": ["", "a/b", "a\nb", "x".repeat(256)],
        "--type": ["", "mp4", "a/b\nc"],
        "--sub": ["", "x".repeat(256)],
        "--sid": ["x".repeat(64)],
        "--jti": ["", "x".repeat(64)],
    };

    for (const [option, values] of Object.entries(wrong)) {
        it(`refuses a wrong ${option} and names it`, () => {
            for (const value of values) {
                const { status, stderr } = link("sign", "--keys",
                    stack.path("keys.json"), "--path", "/a",
                    `${option}=${value}`);

                assert.equal(status, 2, `${option}=${value}`);
                assert.ok(stderr.includes(option), stderr);
            }
        });
    }
});


function show(text, ...words) {
    const { status, stdout } = link("show", text, "--json", ...words);

    return { status, ...(stdout ? JSON.parse(stdout) : {}) };
}

const checked = (text) => show(text, "--keys", stack.path("keys.json"));


describe("sluicectl link show", { timeout }, () => {
    const carriers = {
        "a grant": ({ grant }) => grant,
        "a URL with it in the query": ({ url }) => url,
        "a URL with it behind other arguments":
            ({ grant }) => `https://h/a?x=1&grant=${grant}&y=2#z`,
        "a URL with it in the path": ({ path_url }) => path_url,
        "a URL below somebody's home folder":
            ({ grant }) => `https://h/~alice/a?grant=${grant}`,
        "a header": ({ grant }) => `Sluice-Grant: ${grant}`,
        "a cookie": ({ grant }) => `a=b; sluice_grant=${grant}; c=d`,
    };

    for (const [what, carry] of Object.entries(carriers)) {
        it(`reads ${what}`, () => {
            const answer = checked(carry(sign("--path", FILE, "--jti", "x")));

            assert.equal(answer.status, 0);
            assert.equal(answer.claims.jti, "x");
        });
    }

    it("reads standard input", () => {
        const { status, stdout } = spawnSync(stack.path("bin/sluicectl"),
            ["link", "show", "--json"],
            { input: `${sign("--path", FILE).url}\n`, encoding: "utf8" });

        assert.equal(status, 0);
        assert.equal(JSON.parse(stdout).claims.path, FILE);
    });

    it("tells people what a link is for", () => {
        const { stdout } = link("show", sign("--path", FOLDER, "--uses", "3",
            "--filename", "a.mp4", "--ip", "::1").url);

        for (const line of [/^opens all below +\/media\/xy\/a b\/$/m,
                            /^methods +GET, HEAD$/m, /^until +20.*, in /m,
                            /^uses +3$/m, /^file name +a\.mp4$/m,
                            /^addresses +\["::1"\]$/m,
                            /^signature +not checked/m]) {
            assert.match(stdout, line);
        }
    });

    it("shows no control characters", () => {
        const { stdout } = link("show",
            mint.grant({ path: "/\u001b[31m\u009b" }, { kid: "\u001b" }));

        assert.match(stdout, /^opens +"\/\\u001B\[31m\\u009B"$/m);
        assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u0080-\u009f]/);
    });

    it("says that the signature is good and the link open", () => {
        const { status, header, signature, open, reason } =
            checked(sign("--path", FILE).grant);

        assert.deepEqual(
            { status, kid: header.kid, signature, open, reason },
            { status: 0, kid: mint.secret.kid, signature: "good", open: true,
              reason: undefined });
    });

    it("says which key it misses", () => {
        const answer = checked(mint.grant({ path: "/a" }, { kid: "other" }));

        assert.equal(answer.status, 1);
        assert.equal(answer.signature, "unknown_key");
    });

    it("says that a signature is wrong", () => {
        const answer = checked(token(
            { alg: "HS256", typ: "grant+jwt", kid: mint.secret.kid },
            { path: "/a", exp: now() + 60 }, hmac("somebody else's")));

        assert.equal(answer.status, 1);
        assert.equal(answer.signature, "bad_signature");
    });

    const closed = {
        "grant-expired": { exp: 1_700_000_000 },
        "grant-not-yet": { nbf: 9_000_000_000, exp: 9_100_000_000 },
        "grant-used": { uses: 0 },
        "grant-invalid": { path: "nowhere" },
    };

    for (const [reason, claims] of Object.entries(closed)) {
        it(`says ${reason} of a link that does not open`, () => {
            const answer = checked(mint.grant({ path: "/a", ...claims }));

            assert.equal(answer.status, 1);
            assert.equal(answer.signature, "good");
            assert.equal(answer.open, false);
            assert.equal(answer.reason, reason);
        });
    }

    it("finds no grant where there is none", () => {
        for (const text of ["", "x", "https://h/~alice/", "a.b.c", "e30.e30",
                            `${"x".repeat(9000)}.e30.e30`]) {
            const { status, stderr } = link("show", text);

            assert.equal(status, 1, text);
            assert.match(stderr, /no grant/);
        }
    });
});
