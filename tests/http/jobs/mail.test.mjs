/* Mails on their way: to a real relay, with TLS and a login, and what becomes of
   those that it does not take. */

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { parse, mailed } from "../lib/mails.mjs";
import { allowNoop, noop } from "../lib/noop.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const RELAY = fileURLToPath(new URL("../lib/relay.py", import.meta.url));

let stack, relay, sent, count = 0;


/* A certificate of our own for 127.0.0.1. */
function certificate() {
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes",
        "-subj", "/CN=relay", "-addext", "subjectAltName=IP:127.0.0.1",
        "-days", "2", "-keyout", "relay.key", "-out", "relay.pem"],
    { cwd: stack.state, stdio: "pipe" });
    execFileSync("chmod", ["a+r", stack.path("relay.pem")]);
}

async function startRelay(kind) {
    relay?.kill();
    const child = spawn("/usr/bin/python3", [RELAY, kind, stack.path("relay.pem"),
        stack.path("relay.key")], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const [port] = await once(lines, "line");

    relay = child;
    sent = [];
    lines.on("line", (line) => sent.push(JSON.parse(line)));
    return port;
}

/* The worker sends by this from now on; null: it does not. */
async function sendBy(relayed) {
    const conf = stack.text("worker.conf").replace(/^mail .*\n/m, "");
    const line = relayed && `mail ${relayed} from=films@example.org `
        + `templates=${stack.path("mail-templates")}\n`;

    writeFileSync(stack.path("worker.conf"), conf + (line ?? ""));
    await stack.stopWorker();
    await stack.restartWorker();
}

async function enqueue(to, more = {}) {
    const params = JSON.stringify({ template: "reset", to, language: "en",
        site: "https://films.example.org", token: `TOKEN${++count}`, ...more });

    return stack.sql("select queue.enqueue('mail', "
        + `'${params.replaceAll("'", "''")}')`);
}

const column = (id, what) =>
    stack.sql(`select ${what} from sluice.jobs where id = '${id}'`);
const ends = (id, state) => until(`the mail is ${state}`, async () =>
    await column(id, "state") === state, { seconds: 60 });
const bounced = (email) => stack.sql("select bounced_at is not null from "
    + `sluice.users where email = '${email}'`);


before(async () => {
    stack = await startStack();
    certificate();
    writeFileSync(stack.path("relay.login"), "sluice\nrelay secret\n");
}, { timeout });

after(async () => {
    relay?.kill();
    await stack?.stop();
}, { timeout });


for (const [kind, scheme, words] of [
    ["starttls", "smtp", ""], ["tls", "smtps", ""],
    ["plain", "smtp", "tls=off"]]) {
    describe(`a relay, ${kind}`, { timeout }, () => {
        const login = () => kind === "plain" ? ""
            : ` login=${stack.path("relay.login")} ca=${
                stack.path("relay.pem")}`;

        before(async () => {
            const port = await startRelay(kind);

            await sendBy(`${scheme}://127.0.0.1:${port}${login()} ${words}`);
        }, { timeout });

        it("gets a mail as it is, once", async () => {
            const id = await enqueue("ida@example.org");

            await ends(id, "done");
            assert.equal(sent.length, 1);
            const [{ from, to, tls, login: name, message }] = sent;
            const mail = parse(message);

            assert.deepEqual([from, to], ["films@example.org",
                                          ["ida@example.org"]]);
            assert.equal(tls, kind !== "plain");
            assert.equal(name, kind === "plain" ? null : "sluice");
            assert.equal(mail.subject, "A new password for Sluice");
            assert.equal(mail.headers["message-id"], `<${id}@example.org>`);
            assert.ok(mail.text.split("\n").includes(
                `https://films.example.org/reset#TOKEN${count}`));
        });
    });
}


describe("what a relay does not take", { timeout }, () => {
    before(async () => {
        const port = await startRelay("plain");

        await sendBy(`smtp://127.0.0.1:${port} tls=off`);
    }, { timeout });

    it("for now is sent later", async () => {
        const id = await enqueue("later@example.org");

        await ends(id, "retrying");
        assert.match(await column(id, "error"), /451.*Greylisted/);
        await stack.sql("update sluice.jobs set run_at = now(), rank = now() "
            + `where id = '${id}'`);
        await ends(id, "done");
    });

    it("for good is dead, and why is told", async () => {
        const id = await enqueue("full@example.org");

        await ends(id, "dead");
        assert.match(await column(id, "error"), /554.*spam/);
    });

    it("since there is nobody marks the user, until a mail arrives",
        async () => {
            const email = "nobody.ida@example.org";

            await stack.sql("insert into sluice.users (id, email, role) values "
                + `(sluice.uuid_v7(), '${email}', 'viewer')`);
            const id = await enqueue(email);

            await ends(id, "dead");
            assert.match(await column(id, "error"), /550.*No such mailbox/);
            assert.equal(await bounced(email), "t");

            await stack.sql("update sluice.users set email = 'ida@example.org' "
                + `where email = '${email}'`);
            await ends(await enqueue("ida@example.org"), "done");
            assert.equal(await bounced("ida@example.org"), "f");
        });

    it("since it is away is sent when it is back", async () => {
        relay.kill();
        await once(relay, "exit");
        const id = await enqueue("ida@example.org");

        await ends(id, "retrying");
        assert.match(await column(id, "error"), /Couldn't connect|refused/);
    });
});


describe("TLS that cannot be trusted", { timeout }, () => {
    before(async () => {
        const port = await startRelay("starttls");

        await sendBy(`smtp://127.0.0.1:${port} login=${
            stack.path("relay.login")}`);
    }, { timeout });

    it("is not spoken: neither mail nor password goes out", async () => {
        const id = await enqueue("ida@example.org");

        await ends(id, "retrying");
        assert.match(await column(id, "error"), /certificate/);
        assert.equal(sent.length, 0);
    });

    it("nor is a relay without any", async () => {
        const port = await startRelay("plain");

        await sendBy(`smtp://127.0.0.1:${port}`);
        const id = await enqueue("ida@example.org");

        await ends(id, "retrying");
        assert.match(await column(id, "error"), /STARTTLS/);
        assert.equal(sent.length, 0);
    });
});


describe("a mail", { timeout }, () => {
    before(async () => {
        await allowNoop(stack);
        await sendBy(`folder:${stack.path("mail")}`);
    }, { timeout });

    it("does not wait behind other work", async () => {
        const busy = [];

        for (let i = 0; i < 4; i++) {
            busy.push(await noop(stack, { ms: 60_000 }));
        }
        await until("all slots are at work", async () => Number(await stack.sql(
            "select count(*) from sluice.jobs where kind = 'noop' "
            + "and state = 'running'")) === 2);
        await enqueue("quick@example.org");
        await mailed(stack, "quick@example.org");

        for (const id of busy) {
            await stack.sql(`select queue.cancel('${id}')`);
        }
    });

    it("is not taken by a slot for other work", async () => {
        await sendBy(null);
        const id = await enqueue("ida@example.org");
        const done = await noop(stack, {});

        await ends(done, "done");
        assert.equal(await column(id, "state"), "queued");
        await stack.sql("update sluice.jobs set created_at = now() - "
            + `interval '25 hours' where id = '${id}'`);
        await stack.sql("select queue.prune_mails(10)");
        assert.equal(await column(id, "state"), "cancelled");
        assert.equal(await column(id, "params ? 'token'"), "f");

        await stack.sql("update sluice.jobs set finished_at = now() - "
            + `interval '73 hours' where id = '${id}'`);
        await stack.sql("select queue.prune_mails(10)");
        assert.equal(await column(id, "count(*)"), "0");
    });

    it("whose link has ended leaves no ticket behind", async () => {
        await stack.sql("insert into sluice.tickets (id, purpose, email, "
            + "email_key, expires_at) values (sluice.uuid_v7(), 'reset', 'x', "
            + "'x', now() - interval '71 hours'), (sluice.uuid_v7(), 'reset', "
            + "'y', 'y', now() - interval '73 hours')");
        await stack.sql("select queue.prune_tickets(10)");
        assert.equal(await stack.sql("select string_agg(email, '') from "
            + "sluice.tickets"), "x");
    });
});


describe("a template", { timeout }, () => {
    const own = (name) => stack.path("mail-templates/en", name);

    before(() => sendBy(`folder:${stack.path("mail")}`), { timeout });

    after(() => rmSync(own("own.txt"), { force: true }));

    it("of the operator's own is taken, in HTML, too", async () => {
        writeFileSync(own("own.txt"), "Caf\u00e9 \u2013 {{what}}\n\nA <b> & {{what}}\n");
        writeFileSync(own("own.html"), "<p>{{what}} &amp; more</p>");
        await enqueue("own@example.org", { template: "own",
            values: { what: "<tea> & \"cake\"" } });
        const mail = await mailed(stack, "own@example.org");

        assert.equal(mail.subject, "Caf\u00e9 \u2013 <tea> & \"cake\"");
        assert.equal(mail.text.trim(), "A <b> & <tea> & \"cake\"");
        assert.equal(mail.html.trim(),
            "<p>&lt;tea&gt; &amp; &quot;cake&quot; &amp; more</p>");
        rmSync(own("own.html"));
    });

    for (const [what, text, why] of [
        ["names a value that is not there", "A\n\n{{nothing}}\n",
         /own\.txt: there is no value \{\{nothing\}\}/],
        ["does not end a value", "A\n\n{{what\n", /there is no value \{\{what\}\}/],
        ["has no subject", "A\nB\n", /its first line is the subject/],
        ["is not UTF-8", Buffer.from("A\n\n\xff\n", "latin1"), /not UTF-8/],
        ["is not there", null, /own\.txt: No such file/],
    ]) {
        it(`that ${what} is told with its name, and can be mended`, async () => {
            rmSync(own("own.txt"), { force: true });
            if (text) {
                writeFileSync(own("own.txt"), text);
            }
            const id = await enqueue("own@example.org", { template: "own",
                values: { what: "it" } });

            await ends(id, "retrying");
            assert.match(await column(id, "error"), why);

            writeFileSync(own("own.txt"), "A\n\n{{what}}\n");
            await stack.sql("update sluice.jobs set run_at = now(), rank = now()"
                + ` where id = '${id}'`);
            await ends(id, "done");
            await mailed(stack, "own@example.org");
        });
    }

    for (const template of ["../../nginx", "a/b", "A"]) {
        it(`is a name, not ${template}`, async () => {
            const id = await enqueue("own@example.org", { template });

            await ends(id, "dead");
        });
    }

    it("of ours is whole in every language", async () => {
        const names = (language) => readdirSync(
            stack.path("mail-templates", language))
            .filter((name) => name !== "own.txt").sort();

        assert.deepEqual(names("en"), names("fr"));
        for (const language of ["en", "fr"]) {
            for (const name of names(language)) {
                const template = name.replace(".txt", "");

                await enqueue(`${language}.${template}@example.org`, {
                    template, language, values: { name: "Ida", email: "i@e.org",
                        until: "2026-12-07", passkey: "a phone" } });
                const mail = await mailed(stack,
                    `${language}.${template}@example.org`);

                assert.equal(mail.headers["content-language"], language);
                assert.ok(!mail.html.includes("{{") && !mail.text.includes("{{"));
            }
        }
    });
});
