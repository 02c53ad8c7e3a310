/* A host that ends TLS itself: conf/production.conf with conf/nginx/tls.conf, a
   certificate authority of the test's own in place of an ACME server, and
   certbot's deploy hook. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
    chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { freePort } from "../lib/ports.mjs";
import { production } from "../lib/production.mjs";
import { run } from "../lib/run.mjs";
import { startStack, TOP, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;
const HOST = "media.example.org";
const SEVEN = ["content-security-policy", "strict-transport-security",
    "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
    "cross-origin-resource-policy", "permissions-policy"];

let stack, machine, folder, port, responder, ocsp;

const file = (name) => join(folder, name);
const openssl = (...words) => run("openssl", words, { cwd: folder });

/* A certificate as certbot leaves it; answers its serial number. */
async function issue() {
    await openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "privkey.pem",
        "-out", "leaf.csr", "-subj", `/CN=${HOST}`);
    await openssl("ca", "-batch", "-notext", "-config", "ca.conf", "-in",
        "leaf.csr", "-out", "leaf.pem");
    writeFileSync(file("fullchain.pem"), readFileSync(file("leaf.pem")));
    const { stdout } = await openssl("x509", "-in", "leaf.pem", "-noout",
        "-serial");

    return stdout.trim();
}

async function authority() {
    writeFileSync(file("ca.conf"), `[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
serial = serial
certificate = chain.pem
private_key = ca.key
default_md = sha256
default_days = 30
unique_subject = no
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = CA:false
subjectAltName = DNS:${HOST}
authorityInfoAccess = OCSP;URI:http://127.0.0.1:${ocsp}
`);
    writeFileSync(file("index"), "");
    writeFileSync(file("serial"), "1000\n");
    await openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out",
        "chain.pem", "-subj", "/CN=Sluice test", "-days", "30");
}


before(async () => {
    stack = await startStack();
    folder = stack.path("tls");
    mkdirSync(folder);
    cpSync(join(TOP, "conf/nginx"), stack.path("conf"), { recursive: true });
    port = await freePort();
    ocsp = await freePort();
    await authority();
    await issue();

    const tls = stack.path("conf/tls.conf");

    writeFileSync(tls, readFileSync(tls, "utf8")
        .replace("/usr/share/sluice/nginx", stack.path("conf")));
    responder = spawn("openssl", ["ocsp", "-port", String(ocsp), "-index",
        "index", "-CA", "chain.pem", "-rsigner", "chain.pem", "-rkey", "ca.key",
        "-ignore_err"], { cwd: folder, stdio: "ignore" });
    await run("chmod", ["-R", "a+rX", folder]);
    machine = await stack.secondNginx(() => production(stack)
        .replace(/# (listen \[::\]:443)/, "#$1")
        .replace(/# (listen 443 .*;)/, `listen 127.0.0.1:${port} ssl http2;`)
        .replaceAll(/# (include .*tls.conf;|ssl_certificate|ssl_trusted)/g,
                    "$1")
        .replaceAll(`/etc/letsencrypt/live/${HOST}`, folder)
        .replace(/# (sluice_cors .*)/, "$1"));
    await machine.ready();
}, { timeout });

after(async () => {
    responder?.kill();
    await stack?.stop({ but: /cannot load certificate/ });   /* by a test */
}, { timeout });


/* What s_client says; it fails where the handshake does. */
const shake = (...words) => run("sh", ["-c", "exec openssl s_client \"$@\" "
    + "< /dev/null 2>&1", "-", "-connect", `127.0.0.1:${port}`, "-servername",
HOST, "-CAfile", file("chain.pem"), ...words], { timeout: 20_000 })
    .then(({ stdout }) => stdout);

/* [status, [[name, value], …]] of an answer by HTTP/2. */
async function ask(path, ...words) {
    const { stdout } = await run("curl", ["-s", "--http2", "-D", "-", "-o",
        "/dev/null", "--path-as-is", "--cacert", file("chain.pem"),
        "--resolve", `${HOST}:${port}:127.0.0.1`, ...words,
        `https://${HOST}:${port}${path}`]);
    const [first, ...rest] = stdout.trim().split("\r\n");

    return [first, rest.map((line) => {
        const [name, value] = line.split(/: (.*)/s);

        return [name.toLowerCase(), value];
    })];
}


describe("TLS", { timeout }, () => {
    for (const version of ["1_2", "1_3"]) {
        it(`of version ${version} is taken`, async () => {
            assert.match(await shake(`-tls${version}`),
                /Verify return code: 0 \(ok\)/);
        });
    }

    for (const version of ["1", "1_1"]) {
        it(`of version ${version} is refused`, async () => {
            await assert.rejects(shake(`-tls${version}`, "-cipher",
                "DEFAULT@SECLEVEL=0"), ({ stdout }) =>
                assert.match(stdout, /alert protocol version/) ?? true);
        });
    }

    for (const cipher of ["ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"]) {
        it(`by ${cipher} is taken`, async () => {
            assert.match(await shake("-tls1_2", "-cipher", cipher),
                new RegExp(`Cipher is ${cipher}`));
        });
    }

    for (const cipher of ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384",
        "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM8"]) {
        it(`by ${cipher} is refused`, async () => {
            await assert.rejects(shake("-tls1_2", "-cipher",
                `${cipher}:@SECLEVEL=0`), ({ stdout }) =>
                assert.match(stdout, /handshake failure/) ?? true);
        });
    }

    it("gives no ticket", async () => {
        assert.doesNotMatch(await shake("-tls1_2"), /session ticket:/);
    });

    it("has the responder's answer with it", async () => {
        await until("it is there", async () => /OCSP Response Status: successful/
            .test(await shake("-status")));
        assert.match(await shake("-status"), /Cert Status: good/);
    });

    it("carries HTTP/2", async () => {
        assert.equal((await ask("/health"))[0].trim(), "HTTP/2 200");
    });
});


describe("an answer has each of the seven headers once", { timeout }, () => {
    const json = ["-H", "Content-Type: application/json", "-d", "{"];

    for (const [what, status, path, ...words] of [
        ["the page", 200, "/"],
        ["a file of it", 200, "/js/main.js"],
        ["a folder's redirect", 301, "/js"],
        ["health", 200, "/health"],
        ["the API, unsigned", 401, "/api/me"],
        ["the API, misused", 400, "/api/sessions", ...json],
        ["the API, to a page elsewhere", 401, "/api/me", "-H",
            "Origin: https://app.example.org"],
        ["an unknown endpoint", 401, "/api/nothing"],
        ["a file without a link", 401, "/media/00/x/file.mp4"],
        ["keys", 200, "/.well-known/jwks.json"],
        ["a method that is none", 405, "/", "-X", "TRACE"],
        ["a header too long", 400, "/", "--http1.1", "-H",
            `X: ${"x".repeat(40_000)}`],
    ]) {
        it(`${what}: ${status}`, async () => {
            const [first, headers] = await ask(path, ...words);

            assert.match(first, new RegExp(`^HTTP/[12.]+ ${status}\\b`));
            assert.deepEqual(Object.fromEntries(SEVEN.map((name) =>
                [name, headers.filter(([one]) => one === name).length])),
            Object.fromEntries(SEVEN.map((name) => [name, 1])));
        });
    }
});


describe("certbot's deploy hook", { timeout }, () => {
    const serial = async () => /serial=\w+/.exec((await run("sh", ["-c",
        `openssl s_client -connect 127.0.0.1:${port} < /dev/null 2>/dev/null `
        + "| openssl x509 -noout -serial"])).stdout)[0];
    let bin;

    /* `nginx` is this machine's; `haproxy` one that only notes its name */
    before(() => {
        bin = stack.path("hook");
        mkdirSync(bin);
        copyFileSync(join(TOP, "conf/certbot/deploy-hook"), join(bin, "hook"));
        const words = ["-p", `${stack.state}/`, "-c",
            stack.path(`${machine.name}.conf`), "-e",
            stack.path(`logs/${machine.name}.error.log`)].join(" ");

        writeFileSync(join(bin, "nginx"), "#!/bin/sh\n"
            + `exec ${process.env.SLUICE_NGINX ?? "/usr/sbin/nginx"} ${words} `
            + "\"$@\"\n");
        writeFileSync(join(bin, "haproxy"), "#!/bin/sh\n");
        ["nginx", "haproxy"].forEach((name) =>
            chmodSync(join(bin, name), 0o755));
    });

    const hook = (environment = {}) => run(join(bin, "hook"), [], { env: {
        ...stack.environment, PATH: `${bin}:${process.env.PATH}`,
        RENEWED_LINEAGE: folder, HAPROXY_PEM: file("none"),
        HAPROXY_RELOAD: "true", ...environment } });

    /* Who dials by HTTP/2 just when a process leaves may have his connection
       closed (nginx 1.22; curl says 16), and dials again. By HTTP/1.1 that was
       not seen. */
    const again = (error) => {
        assert.equal(error.code, 16);
        return ask("/health");
    };
    const once = (error) => [`curl ${error.code}`];

    it("changes the certificate under load, and no request fails", async () => {
        const counted = [];
        let going = true;
        const client = async (words, failed) => {
            while (going) {
                counted.push((await ask("/health", ...words).catch(failed))[0]
                    .trim());
            }
        };
        const clients = [client(["--http1.1"], once), client([], again),
            client(["--http1.1"], once), client([], again)];

        for (let i = 0; i < 5; i++) {
            const next = await issue();
            const served = counted.length;

            await run("chmod", ["-R", "a+rX", folder]);
            await hook();
            await until("it is served", async () => await serial() === next
                && counted.length > served + 10);
        }
        going = false;
        await Promise.all(clients);

        assert.ok(counted.length > 50);
        assert.deepEqual([...new Set(counted)].sort(),
            ["HTTP/1.1 200 OK", "HTTP/2 200"]);
    });

    it("leaves the old one where the new one is broken", async () => {
        const old = await serial();

        writeFileSync(file("fullchain.pem"), "nothing\n");
        await assert.rejects(hook(), /cannot load certificate/);
        assert.equal(await serial(), old);
        copyFileSync(file("leaf.pem"), file("fullchain.pem"));
    });

    it("gives haproxy chain and key in one file, root's alone", async () => {
        writeFileSync(file("media.pem"), "old\n");
        await hook({ HAPROXY_PEM: file("media.pem"),
            HAPROXY_RELOAD: `touch ${file("reloaded")}` });

        assert.equal(readFileSync(file("media.pem"), "utf8"),
            readFileSync(file("fullchain.pem"), "utf8")
            + readFileSync(file("privkey.pem"), "utf8"));
        const { stdout } = await run("stat", ["-c", "%a", file("media.pem"),
            file("reloaded")]);

        assert.match(stdout, /^600\n/);
    });
});
