/* conf/stack: what it says when it cannot start, and what it survives. */

import assert from "node:assert/strict";
import {
    chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";

import { Client } from "../http/lib/client.mjs";
import { freePort } from "../http/lib/ports.mjs";
import { alive, startStack } from "../http/lib/stack.mjs";
import { test } from "../http/lib/test.mjs";
import { copy, environment, folder, run, TOP } from "./tree.mjs";

const STACK = join(TOP, "conf/stack");

function up(settings) {
    return run(STACK, ["up"], {
        env: environment({ SLUICE_DEMO: "0", ...settings }),
    });
}


/* A stack that is down again when the test is over. */
async function started(t, options) {
    const stack = await startStack(options);

    t.after(() => stack.stop());
    return stack;
}


const REFUSED = [
    ["a port that is no number", { SLUICE_PORT: "http" },
     /SLUICE_PORT is a number from 1 to 65535, not "http"/],
    ["a state with a blank in its name", { SLUICE_STATE: "/tmp/a b" },
     /SLUICE_STATE may hold letters, digits/],
    ["a state too deep for a Unix socket",
     { SLUICE_STATE: `/tmp/${"deep/".repeat(20)}` },
     /SLUICE_STATE is too long by \d+ bytes/],
    ["an nginx that is not there", { SLUICE_NGINX: "/nowhere/nginx" },
     /SLUICE_NGINX is wrong/],
    ["a module that was not built", { SLUICE_MODULE: "/nowhere/module.so" },
     /\/nowhere\/module.so is not built/],
    ["a bucket that is none", { SLUICE_STORE: "s4://films" },
     /SLUICE_STORE is s3:\/\/bucket\?endpoint=…/],
    ["a bucket without keys", { SLUICE_STORE: "s3://films?region=eu-west-3" },
     /SLUICE_STORE_KEYS is a file of two lines/],
    ["a state that cannot be made", { SLUICE_STATE: "/proc/sluice" },
     /SLUICE_STATE cannot be made/],
];

for (const [name, settings, sentence] of REFUSED) {
    test(`the stack refuses ${name} in a sentence`, async (t) => {
        const { code, output } = await up({
            SLUICE_STATE: folder(t, "sl-"), ...settings,
        });

        assert.equal(code, 1);
        assert.match(output, sentence);
    });
}


test("the stack says which port is in use", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address();

    const { code, output } = await up({
        SLUICE_STATE: folder(t, "sl-"), SLUICE_PORT: String(port),
    });

    assert.equal(code, 1);
    assert.match(output, new RegExp(`Port ${port} is in use`));
});


test("of a start that failed nothing stays", async (t) => {
    const state = folder(t, "sl-");
    const conf = join(folder(t), "extra.conf");
    writeFileSync(conf, "listen 192.0.2.1:9;\n");     /* RFC 5737: nobody's */

    const { code, output } = await up({
        SLUICE_STATE: state, SLUICE_PORT: String(await freePort()),
        SLUICE_EXTRA_CONF: conf, SLUICE_DEMO: "0",
    });

    assert.equal(code, 1);
    assert.match(output, /192\.0\.2\.1:9/);
    assert.deepEqual(readdirSync(join(state, "run"))
        .filter((name) => name.endsWith(".pid")), []);
    assert.throws(() => statSync(join(state, "pg/postmaster.pid")));
});


test("root's stack refuses a state that its servers cannot reach",
    { skip: process.getuid() === 0 ? false : "only root has other users" },
    async (t) => {
        const closed = folder(t, "sl-");
        chmodSync(closed, 0o700);
        const state = join(closed, "state");
        mkdirSync(state);

        const { code, output } = await up({ SLUICE_STATE: state });

        assert.equal(code, 1);
        assert.match(output, /www-data cannot reach/);
    });


test("two stacks run side by side", async (t) => {
    const stacks = await Promise.all([started(t, { empty: true }),
                                      started(t)]);

    for (const stack of stacks) {
        const answer = await fetch(`${stack.url}/ready`);
        assert.equal(answer.status, 200);
    }
});


test("a second start keeps the keys, the admin and the data", async (t) => {
    const stack = await started(t);
    const keys = stack.text("keys.json");
    const demo = stack.text("demo.json");
    const user = await stack.user();

    await run(STACK, ["down"], { env: stack.environment });
    const { code, output } = await run(STACK, ["up"],
        { env: stack.environment });

    assert.equal(code, 0, output);
    assert.equal(stack.text("keys.json"), keys);
    assert.deepEqual(JSON.parse(stack.text("demo.json")), JSON.parse(demo));
    assert.equal(await stack.sql("select count(*) from sluice.users "
        + `where id = '${user.id}'`), "1");
});


test("a demo that somebody deleted is there again after a start", async (t) => {
    const env = environment({ SLUICE_STATE: folder(t, "sl-"),
                              SLUICE_PORT: String(await freePort()) });
    const demo = () => JSON.parse(readFileSync(
        join(env.SLUICE_STATE, "demo.json"), "utf8"));
    const start = async () => {
        const { code, output } = await run(STACK, ["up"], { env });

        assert.equal(code, 0, output);
    };

    t.after(() => run(STACK, ["down"], { env }));
    await start();
    const { url, email, password, film, score } = demo();
    const admin = await Client.signIn(url, email, password);

    assert.equal((await admin.delete(`/api/media/${film.id}`)).status, 204);
    await run(STACK, ["down"], { env });
    await start();

    const now = demo();
    assert.notEqual(now.film.id, film.id);
    assert.equal(now.score.id, score.id);
    assert.equal((await fetch(now.film.links.play)).status, 200);
});


test("a start while it runs changes nothing", async (t) => {
    const stack = await started(t);
    const pids = ["nginx", "redis", "worker"].map((name) => stack.pid(name));

    const { code, output } = await run(STACK, ["up"],
        { env: stack.environment });

    assert.equal(code, 0, output);
    assert.deepEqual(
        ["nginx", "redis", "worker"].map((name) => stack.pid(name)), pids);
});


test("all that was killed without warning starts again", async (t) => {
    const stack = await started(t);
    const postmaster = Number(
        stack.text("pg/postmaster.pid").split("\n")[0]);

    for (const pid of [stack.pid("nginx"), stack.pid("worker"),
                       stack.pid("redis"), postmaster]) {
        process.kill(pid, "SIGKILL");
    }
    const { code, output } = await run(STACK, ["up"],
        { env: stack.environment });

    assert.equal(code, 0, output);
    assert.equal((await fetch(`${stack.url}/ready`)).status, 200);
});


test("down leaves no process, even where a master was killed", async (t) => {
    const stack = await started(t);
    const workers = stack.workers();
    const pids = [stack.pid("nginx"), stack.pid("worker"), ...workers];

    process.kill(pids[0], "SIGKILL");
    process.kill(pids[1], "SIGKILL");
    const { code, output } = await run(STACK, ["down"],
        { env: stack.environment });

    assert.equal(code, 0, output);
    assert.deepEqual(pids.filter(alive), []);
});


test("what is secret in the state is closed to others", async (t) => {
    const stack = await started(t);
    const mode = (name) => statSync(stack.path(name)).mode & 0o777;

    assert.equal(mode("."), 0o700);
    assert.equal(mode("demo.json"), 0o600);
    assert.equal(mode("keys.json"), 0o600);
});


test("no log shows a grant", async (t) => {
    const stack = await started(t);
    const grant = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2VjcmV0LXNlY3JldA";
    await fetch(`${stack.url}/~${grant}/media/00/x/poster.jpg`);
    await fetch(`${stack.url}/media/00/x/poster.jpg?grant=${grant}`);
    await stack.nginx("-s", "reopen");

    const lines = stack.text("logs/access.log");
    assert.match(lines, /"uri":"\/media\/00\/x\/poster.jpg"/);
    for (const name of readdirSync(stack.path("logs"))) {
        assert.ok(!stack.text("logs", name).includes("c2VjcmV0"), name);
    }
});


test("conf/packages asks for nothing when nothing is missing", async (t) => {
    const bin = folder(t);
    for (const name of ["sudo", "apt-get"]) {
        writeFileSync(join(bin, name), "#!/bin/sh\nexit 9\n");
        chmodSync(join(bin, name), 0o755);
    }

    const { code, output } = await run(join(TOP, "conf/packages"), ["test"], {
        env: environment({ PATH: `${bin}:${process.env.PATH}` }),
    });

    assert.equal(code, 0, output);
    assert.equal(output, "");
});


test("conf/packages names what is missing where sudo is refused",
    async (t) => {
        const tree = copy(t, "conf/packages", "debian/control");
        const programs = {
            "dpkg-checkbuilddeps": "echo 'error: Unmet build dependencies: "
                + "libpq-dev' >&2; exit 1",
            sudo: "exit 1",
        };
        chmodSync(tree, 0o755);
        for (const [name, lines] of Object.entries(programs)) {
            writeFileSync(join(tree, name), `#!/bin/sh\n${lines}\n`);
            chmodSync(join(tree, name), 0o755);
        }
        const nobody = process.getuid() === 0
            ? ["setpriv", "--reuid=nobody", "--regid=nogroup",
               "--clear-groups", "--"] : [];

        const [program, ...words] = [...nobody, "conf/packages", "run"];
        const { code, output } = await run(program, words, {
            cwd: tree,
            env: environment({ PATH: `${tree}:${process.env.PATH}` }),
        });

        assert.equal(code, 1);
        assert.match(output, /missing: libpq-dev[\s\S]*administrator run/);
    });
