/* nginx -t for sluice_issuer: what is wrong is told with file, line and what to
   write. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { exportJWK, generateKeyPair } from "jose";

import { TOP } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const POOL = "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Ab1";
const BUILD = join(TOP, "build");
const NGINX = process.env.SLUICE_NGINX ?? "/usr/sbin/nginx";
const MODULE = process.env.SLUICE_MODULE
    ?? join(BUILD, "nginx/ngx_http_sluice_module.so");
const ROOT = process.getuid() === 0 ? "user root;" : "";

let folder, keys;


before(async () => {
    const { publicKey } = await generateKeyPair("RS256", { extractable: true });
    const jwk = { ...await exportJWK(publicKey), kid: "a", alg: "RS256" };

    folder = mkdtempSync("/tmp/sl-iss-conf-");
    keys = join(folder, "keys.json");
    mkdirSync(join(folder, "logs"));
    execFileSync(join(BUILD, "sluicectl"), ["keys", "init", keys]);
    writeFileSync(join(folder, "set.json"), JSON.stringify({ keys: [jwk] }));
    writeFileSync(join(folder, "bad.json"), "{");
}, { timeout });

after(() => rmSync(folder, { recursive: true, force: true }));


/* {status, stderr} for an http block and a server with these lines */
function check(lines, http = "") {
    const conf = join(folder, "nginx.conf");

    writeFileSync(conf, `${ROOT}
load_module ${MODULE};
pid ${folder}/nginx.pid;
error_log ${folder}/logs/error.log;
events { }
http {
    access_log off;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    sluice_keys ${keys};
    sluice_public_url https://media.example.org;
    ${http}
    server {
        listen unix:${folder}/socket;
        location / { sluice_gate user; }
        ${lines}
    }
}
`);
    return spawnSync(NGINX, ["-t", "-p", `${folder}/`, "-c", conf,
        "-e", join(folder, "logs/error.log")], {
        encoding: "utf8",
        env: { ...process.env, ASAN_OPTIONS:
            `${process.env.ASAN_OPTIONS ?? ""}:detect_leaks=0` },
    });
}

const line = `sluice_issuer ${POOL} jwks=set.json audience=a`;


describe("nginx -t", { timeout }, () => {
    const good = {
        "one issuer": `${line};`,
        "an issuer with every parameter":
            `${line} roles_claim=r.s admin=x editor=y signer=arn:aws:x `
            + "leeway=0s;",
        "an issuer, and two load balancers of it":
            `${line}; ${line} signer=arn:a; ${line} signer=arn:b;`,
    };

    for (const [what, lines] of Object.entries(good)) {
        it(`is content with ${what}`, () => {
            const { status, stderr } = check(lines);

            assert.equal(status, 0, stderr);
            assert.doesNotMatch(stderr, /\[warn\]/);
        });
    }

    it("is content with issuers in http and in a server", () => {
        const { status, stderr } = check(`${line};`, `${line};`);

        assert.equal(status, 0, stderr);
    });

    it("warns of a key set that is not there yet", () => {
        const { status, stderr } = check(
            `sluice_issuer ${POOL} jwks=later.json audience=a;`);

        assert.equal(status, 0, stderr);
        assert.match(stderr, /\[warn\].*later\.json.*not there yet/);
    });

    const wrong = {
        "a URL without a scheme":
            ["sluice_issuer id.example jwks=set.json audience=a;", /"iss"/],
        "a URL with a quote in it":
            [`sluice_issuer 'https://x/"' jwks=set.json audience=a;`, /"iss"/],
        "no key set":
            [`sluice_issuer ${POOL} audience=a;`, /needs jwks=<file>/],
        "no audience":
            [`sluice_issuer ${POOL} jwks=set.json;`, /needs audience=/],
        "a bad key set":
            [`sluice_issuer ${POOL} jwks=bad.json audience=a;`, /bad\.json/],
        "our own key file":
            [`sluice_issuer ${POOL} jwks=keys.json audience=a;`,
             /keys\.json/],
        "an unknown parameter":
            [`${line} role=x;`, /invalid parameter "role=x".*roles_claim=/],
        "an empty parameter": [`${line} admin=;`, /invalid parameter "admin="/],
        "a parameter twice":
            [`${line} audience=b;`, /duplicate parameter "audience=b"/],
        "a leeway that is no time":
            [`${line} leeway=soon;`, /"leeway=soon".*0s to 10m/],
        "a leeway that is too long":
            [`${line} leeway=11m;`, /"leeway=11m".*0s to 10m/],
        "a signer that is no ARN":
            [`${line} signer=films;`, /"signer=films".*ARN/],
        "a signer with a quote in it":
            [`${line} 'signer=arn:"';`, /ARN/],
        "an issuer twice": [`${line}; ${line};`, /is duplicate/],
        "a load balancer twice":
            [`${line} signer=arn:a; ${line} signer=arn:a;`, /is duplicate/],
    };

    for (const [what, [lines, words]] of Object.entries(wrong)) {
        it(`refuses ${what}`, () => {
            const { status, stderr } = check(lines);

            assert.notEqual(status, 0, stderr);
            assert.match(stderr, words);
            assert.match(stderr, /nginx\.conf:\d+/);
        });
    }
});
