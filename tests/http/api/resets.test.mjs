/* What somebody does about his account by a mailed link: a new password, another
   address; and how he leaves. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { Client, request } from "../lib/client.mjs";
import { pdf } from "../lib/files.mjs";
import { mailed, mails } from "../lib/mails.mjs";
import { refused } from "../lib/problem.mjs";
import { bearer, sessions } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { codeOf, enrol } from "../lib/totp.mjs";

const timeout = 120_000;
const GOOD = "neun Katzen auf dem Mond";

let stack, count = 0;


before(async () => {
    stack = await startStack();
}, { timeout });

after(() => stack?.stop(), { timeout });


const { post, signIn, refresh, me } = sessions(() => stack.url);
const fresh = () => `person-${++count}@example.net`;
const ask = (email) => post("/api/password-resets", { json: { email } });
const look = (token) => request(`${stack.url}/api/password-resets/${token}`);
const reset = (token, password = GOOD) =>
    post(`/api/password-resets/${token}`, { json: { password } });
const verify = (token) => post(`/api/email-verifications/${token}`);
const noted = (action, { id }) => stack.sql("select count(*) from sluice.audit "
    + `where action = '${action}' and actor = '${id}'`).then(Number);

/* The link that he gets who has forgotten his password. */
async function link(email) {
    assert.equal((await ask(email)).status, 202);
    return (await mailed(stack, email)).token;
}


describe("a forgotten password", { timeout }, () => {
    it("is replaced by whoever has the mail, and he signs in anew",
        async () => {
            const { user, password } = await stack.visitor("viewer");
            const token = await link(user.email);
            const { status, json } = await look(token);

            assert.deepEqual([status, json.email], [200, user.email]);
            assert.deepEqual((await reset(token)).json, { email: user.email });
            refused(await signIn({ ...user, password }), 401, "login-failed");
            assert.equal((await signIn({ ...user, password: GOOD })).status,
                201);
            assert.equal(await noted("password-reset", user), 1);
        });

    it("ends all sessions, also that of a thief", async () => {
        const one = await stack.visitor("viewer");
        const { json: thief } = await signIn({ ...one.user,
            password: one.password });

        assert.equal((await reset(await link(one.user.email))).status, 200);

        for (const token of [one.token, thief.access_token]) {
            await until("the session has ended", async () =>
                (await me(bearer(token))).status === 401);
        }
        refused(await refresh(thief.refresh_token), 401, "token-invalid");
    });

    it("opens nothing without the second factor", async () => {
        const one = await stack.visitor("viewer");
        const { secret } = await enrol(one);

        await mailed(stack, one.user.email);    /* that it has come */
        assert.equal((await reset(await link(one.user.email))).status, 200);
        const half = await signIn({ ...one.user, password: GOOD });
        refused(half, 401, "second-factor-needed");
        assert.equal((await post("/api/sessions/challenge", { json: {
            challenge: half.json.challenge,
            code: codeOf(secret, 1) } })).status, 201);
    });

    it("is told to its owner when it has changed", async () => {
        const { user } = await stack.visitor("viewer");

        await reset(await link(user.email));
        const { subject, text } = await mailed(stack, user.email);

        assert.equal(subject, "Your password at Sluice has changed");
        assert.ok(text.includes(`${stack.url}/reset`));
    });

    it("that changes again and again is told of twenty times a day",
        async () => {
            const one = await stack.visitor("viewer");

            await stack.sql("insert into sluice.tickets (id, purpose, email, "
                + "email_key, expires_at) select sluice.uuid_v7(), 'notice', "
                + `'x', lower('${one.user.email}'), now() `
                + "from generate_series(1, 19)");
            for (const [password, next] of [[one.password, GOOD],
                                            [GOOD, `${GOOD} 2`]]) {
                assert.equal((await one.request("POST", "/api/me/password",
                    { json: { password, new_password: next } })).status, 204);
            }
            assert.equal(await mails(stack, one.user.email), 1);
        });

    it("ends all other links for one", async () => {
        const { user } = await stack.visitor("viewer");
        const [first, second] = [await link(user.email), await link(user.email)];

        assert.equal((await reset(second)).status, 200);
        refused(await reset(first, "wieder etwas ganz anderes"), 410,
                "link-ended");
        refused(await look(second), 410, "link-ended");
    });

    it("is as good as the first one was", async () => {
        const { user } = await stack.visitor("viewer");
        const token = await link(user.email);

        for (const password of ["short", "password123", user.email]) {
            refused(await reset(token, password), 422, "field-invalid",
                    "password");
        }
        refused(await post(`/api/password-resets/${token}`, { json: {} }), 422,
                "field-invalid", "password");
        assert.equal((await reset(token)).status, 200);
    });

    it("ends after an hour", async () => {
        const { user } = await stack.visitor("viewer");
        const token = await link(user.email);

        assert.equal(await stack.sql("select expires_at - created_at from "
            + `sluice.tickets where email = '${user.email}'`), "01:00:00");
        await stack.sql("update sluice.tickets set expires_at = now() "
            + `where email = '${user.email}'`);
        refused(await look(token), 410, "link-ended");
        refused(await reset(token), 410, "link-ended");
    });

    it("of nobody is answered like anybody's, and nothing is mailed",
        async () => {
            const [email, { user }] = [fresh(), await stack.visitor("viewer")];

            assert.deepEqual(
                [await ask(email), await ask(user.email)].map(
                    ({ status, json }) => [status, Object.keys(json)]),
                [[202, ["email"]], [202, ["email"]]]);
            assert.equal(await mails(stack, email), 0);
            assert.equal(await mails(stack, user.email), 1);
        });

    it("is asked for with a key as without one", async () => {
        const { user } = await stack.visitor("viewer");

        for (const key of ["one", "one"]) {
            assert.equal((await post("/api/password-resets", {
                headers: { "Idempotency-Key": key },
                json: { email: user.email } })).status, 202);
        }
    });

    it("is not mailed to who is disabled, or signs in elsewhere", async () => {
        const { user } = await stack.visitor("viewer");
        const elsewhere = fresh();
        const token = await link(user.email);

        await stack.sql(`select api.disable_user('${user.email}')`);
        await stack.sql("insert into sluice.users (id, issuer, subject, email, "
            + "role) values (sluice.uuid_v7(), 'https://id.example.org', "
            + `'${elsewhere}', '${elsewhere}', 'viewer')`);
        for (const email of [user.email, elsewhere]) {
            assert.equal((await ask(email)).status, 202);
            assert.equal(await mails(stack, email), 0, email);
        }
        refused(await reset(token), 410, "link-ended");
    });

    it("is what he asks for who came without one", async () => {
        const email = fresh();

        await stack.sql("insert into sluice.users (id, email, role) values "
            + `(sluice.uuid_v7(), '${email}', 'viewer')`);
        assert.equal((await reset(await link(email))).status, 200);
        assert.equal((await signIn({ email, password: GOOD })).status, 201);
    });

    for (const [what, json] of [["no address", {}], ["a number", { email: 1 }],
        ["none", { email: "@" }], ["null", { email: null }]]) {
        it(`of ${what} is refused`, async () => {
            refused(await post("/api/password-resets", { json }), 422,
                    "field-invalid", "email");
        });
    }
});


describe("another address", { timeout }, () => {
    const change = (client, email, password = client.password) =>
        client.request("POST", "/api/me/email", { json: { email, password } });

    it("is the account's when its link was followed, and the old one is told",
        async () => {
            const one = await stack.visitor("viewer");
            const [old, email] = [one.user.email, fresh()];

            assert.deepEqual((await change(one, email)).json, { email });
            assert.equal((await signIn({ email: old, password: one.password }))
                .status, 201);
            const { token } = await mailed(stack, email);

            assert.deepEqual((await verify(token)).json, { email });
            refused(await signIn({ email: old, password: one.password }), 401,
                    "login-failed");
            assert.equal((await signIn({ email, password: one.password }))
                .status, 201);
            assert.equal((await one.get("/api/me")).json.email, email);

            const told = await mailed(stack, old);

            assert.ok(told.text.includes(email));
            assert.equal(await noted("address-changed", one.user), 1);
        });

    it("needs the password", async () => {
        const one = await stack.visitor("viewer");
        const email = fresh();

        refused(await change(one, email, "not the one"), 422, "field-invalid",
                "password");
        assert.equal(await mails(stack, email), 0);
    });

    it("of somebody else is answered the same, and tells him", async () => {
        const [one, other] = [await stack.visitor("viewer"),
                              await stack.visitor("viewer")];
        const { status } = await change(one, other.user.email.toUpperCase());

        assert.equal(status, 202);
        const [mail] = await Promise.all(
            [mailed(stack, other.user.email.toUpperCase()
                .replace(/@.*/, (domain) => domain.toLowerCase()))]);
        assert.equal(mail.subject, "You have an account at Sluice");
        assert.equal(mail.token, undefined);
    });

    it("that somebody else has taken meanwhile stays his", async () => {
        const [one, email] = [await stack.visitor("viewer"), fresh()];

        await change(one, email);
        const { token } = await mailed(stack, email);

        await stack.sql("insert into sluice.users (id, email, role) values "
            + `(sluice.uuid_v7(), '${email}', 'viewer')`);
        refused(await verify(token), 409, "conflict");
        assert.equal((await one.get("/api/me")).json.email, one.user.email);
    });

    it("takes away what was mailed to the old one", async () => {
        const [one, email] = [await stack.visitor("viewer"), fresh()];
        const stale = await link(one.user.email);

        await change(one, email);
        await verify((await mailed(stack, email)).token);
        refused(await reset(stale), 410, "link-ended");
    });

    const asked = async (one) => {
        const email = fresh();

        assert.equal((await change(one, email)).status, 202);
        return (await mailed(stack, email)).token;
    };
    const ends = {
        "a new password": async ({ user }) => {
            assert.equal((await reset(await link(user.email))).status, 200);
        },
        "a change of password": async (one) => {
            assert.equal((await one.request("POST", "/api/me/password", {
                json: { password: one.password, new_password: GOOD } }))
                .status, 204);
        },
        "a later one": async (one) => {
            assert.equal((await verify(await asked(one))).status, 200);
        },
        "locking out, for when he is let in again": async ({ user }) => {
            for (const call of ["disable_user", "enable_user"]) {
                await stack.sql(`select api.${call}('${user.id}')`);
            }
        },
        "leaving": async (one) => {
            assert.equal((await one.request("DELETE", "/api/me", {
                json: { password: one.password } })).status, 202);
        },
    };

    for (const [what, end] of Object.entries(ends)) {
        it(`that was asked for before ends with ${what}`, async () => {
            const one = await stack.visitor("viewer");
            const [token, stale] = [await asked(one),
                                    await link(one.user.email)];

            await end(one);
            refused(await verify(token), 410, "link-ended");
            refused(await reset(stale, "wieder etwas ganz anderes"), 410,
                    "link-ended");
        });
    }

    it("that is the same is none", async () => {
        const one = await stack.visitor("viewer");

        refused(await change(one, one.user.email.toUpperCase()), 409,
                "conflict", "email");
    });
});


describe("an invitation", { timeout }, () => {
    const invite = (json) => admin.request("POST", "/api/invitations", { json });
    const accept = (token, json = { password: GOOD }) =>
        post(`/api/invitations/${token}`, { json });
    const open = async () => (await admin.get("/api/invitations?limit=200"))
        .json.items.map(({ email }) => email);
    let admin;

    before(async () => {
        admin = await Client.signIn(stack.url, stack.email, stack.password);
    });

    it("brings somebody in with his role and plan", async () => {
        const email = fresh();

        await stack.sql("insert into sluice.plans (name) values ('pro')");
        const { status, json } = await invite({ email, role: "editor",
            plan: "pro", name: "Ida" });

        assert.equal(status, 201);
        assert.deepEqual([json.email, json.role, json.plan],
                         [email, "editor", "pro"]);
        const { token } = await mailed(stack, email);
        const shown = await request(`${stack.url}/api/invitations/${token}`);

        assert.deepEqual([shown.json.email, shown.json.role, shown.json.name],
                         [email, "editor", "Ida"]);
        assert.equal((await accept(token)).status, 201);
        assert.equal((await signIn({ email, password: GOOD })).json.user.role,
            "editor");
        assert.equal(await stack.sql("select plan from sluice.users "
            + `where email = '${email}'`), "pro");
        refused(await accept(token), 410, "link-ended");
    });

    it("is listed while it is open, and can be taken back", async () => {
        const email = fresh();
        const { json } = await invite({ email });

        assert.ok((await open()).includes(email));
        const { token } = await mailed(stack, email);

        assert.equal((await admin.delete(`/api/invitations/${json.id}`)).status,
            204);
        assert.ok(!(await open()).includes(email));
        refused(await accept(token), 410, "link-ended");
        refused(await admin.delete(`/api/invitations/${json.id}`), 404,
                "not-found");
    });

    it("that is repeated takes the place of the first", async () => {
        const email = fresh();

        await invite({ email, role: "admin" });
        const first = await mailed(stack, email);

        await invite({ email, role: "viewer" });
        const second = await mailed(stack, email);

        refused(await accept(first.token), 410, "link-ended");
        assert.equal((await accept(second.token)).status, 201);
    });

    it("is no better than who made it", async () => {
        for (const [end, again] of [
            ["set_role('ID', 'viewer')", "set_role('ID', 'admin')"],
            ["disable_user('ID')", "enable_user('ID')"]]) {
            const other = await stack.visitor("admin");
            const email = fresh();
            const call = (what) => stack.sql(
                `select api.${what.replace("ID", other.user.id)}`);

            assert.equal((await other.request("POST", "/api/invitations",
                { json: { email, role: "admin" } })).status, 201);
            const { token } = await mailed(stack, email);

            await call(end);
            assert.ok(!(await open()).includes(email));
            refused(await request(`${stack.url}/api/invitations/${token}`),
                410, "link-ended");
            refused(await accept(token), 410, "link-ended");
            await call(again);
            assert.ok((await open()).includes(email));
            assert.equal((await accept(token)).status, 201);
        }
    });

    it("is good for seven days", async () => {
        const { json } = await invite({ email: fresh() });

        assert.equal(new Date(json.expires_at) - new Date(json.created_at),
            7 * 86_400_000);
    });

    it("gives nobody more than it says", async () => {
        const email = fresh();

        await invite({ email });
        const { token } = await mailed(stack, email);

        await accept(token, { password: GOOD, role: "admin", plan: "pro" });
        assert.equal(await stack.sql("select role, plan from sluice.users "
            + `where email = '${email}'`), "viewer|");
    });

    it("of somebody who has an account is refused", async () => {
        const { user } = await stack.visitor("viewer");

        refused(await invite({ email: user.email }), 409, "conflict", "email");
    });

    for (const [json, field] of [[{ role: "king" }, "role"], [{ role: 1 }, "role"],
        [{ plan: "none such" }, "plan"], [{ plan: 1 }, "plan"],
        [{ email: "x" }, "email"], [{ name: 1 }, "name"]]) {
        it(`with ${JSON.stringify(json)} is refused`, async () => {
            refused(await invite({ email: fresh(), ...json }), 422,
                    "field-invalid", field);
        });
    }

    it("is an admin's to make", async () => {
        const one = await stack.visitor("editor");

        refused(await one.request("POST", "/api/invitations",
            { json: { email: fresh() } }), 403, "role-too-low");
        refused(await one.get("/api/invitations"), 403, "role-too-low");
    });

    it("is none where accounts are closed", async () => {
        const email = fresh();
        const other = await stack.secondNginx((text) => text.replace(
            "sluice_registration open;", "sluice_registration closed;"));

        await invite({ email });
        const { token } = await mailed(stack, email);

        refused(await request(`${other.url}/api/invitations/${token}`, {
            method: "POST", json: { password: GOOD } }), 403,
                "registration-closed");
        refused(await request(`${other.url}/api/invitations`, {
            method: "POST", headers: admin.headers,
            json: { email: fresh() } }), 403, "registration-closed");
        await other.stop();
        assert.equal((await accept(token)).status, 201);
    });
});


describe("who leaves", { timeout }, () => {
    const leave = (client, password = client.password) =>
        client.request("DELETE", "/api/me", { json: { password } });
    const due = ({ id }) => stack.sql("update sluice.jobs set run_at = now(), "
        + `rank = now() where kind = 'leave' and unique_key = '${id}'; update `
        + `sluice.users set leaves_at = now() where id = '${id}'`);
    const rows = ({ id }) => stack.sql("select count(*) from sluice.users "
        + `where id = '${id}'`);

    it("is out at once, and told until when he may come back", async () => {
        const one = await stack.visitor("viewer");
        const { status, json } = await leave(one);
        const days = (new Date(json.leaves_at) - Date.now()) / 86_400_000;

        assert.equal(status, 202);
        assert.ok(days > 6.9 && days <= 7, `${days} days`);
        await until("his session has ended", async () =>
            (await one.get("/api/me")).status === 401);
        const mail = await mailed(stack, one.user.email);

        assert.ok(mail.text.includes(json.leaves_at.slice(0, 10)));
        assert.ok(!mail.text.includes(json.leaves_at));
    });

    it("stays when he signs in before", async () => {
        const one = await stack.visitor("viewer");

        await leave(one);
        assert.equal((await signIn({ ...one.user, password: one.password }))
            .status, 201);
        assert.equal(await stack.sql("select leaves_at is null from "
            + `sluice.users where id = '${one.user.id}'`), "t");
        assert.equal(await stack.sql("select state from sluice.jobs where "
            + `unique_key = '${one.user.id}'`), "cancelled");
        assert.equal(await noted("user-stays", one.user), 1);
    });

    it("needs his password", async () => {
        const one = await stack.visitor("viewer");

        refused(await leave(one, "not the one"), 422, "field-invalid",
                "password");
        assert.equal((await one.get("/api/me")).status, 200);
    });

    it("takes all that is his along when his time has come", async () => {
        const one = await stack.visitor("viewer");
        const { id } = await one.bring(pdf({ info: "/Title (Adieu)" }), "a.pdf");
        const media = await one.ready(id);
        const folder = stack.path("media", id.slice(-2), id);

        await one.request("POST", "/api/uploads", { headers: {
            "Tus-Resumable": "1.0.0", "Upload-Length": "1000" } });
        assert.ok(existsSync(folder));
        await stack.sql("select sluice.note(null, 'user-invited', 'his', "
            + `jsonb_build_object('email', '${one.user.email}'))`);
        await leave(one);
        await due(one.user);

        await until("he is gone", async () => await rows(one.user) === "0",
            { seconds: 60 });
        assert.ok(!existsSync(folder));
        refused(await request(media.links.original), 403, "grant-revoked");
        for (const table of ["sessions where user_id", "media where owner",
            "uploads where owner", "counted_links where user_id",
            "kept where owner"]) {
            assert.equal(await stack.sql("select count(*) from "
                + `sluice.${table} = '${one.user.id}'`), "0", table);
        }
        assert.equal(await stack.sql("select count(*) from sluice.audit where "
            + `(actor = '${one.user.id}' or target = 'his') and detail::text ~ `
            + `'${one.user.email}|127.0.0.1|Adieu'`), "0");
        assert.ok(await noted("session-begun", one.user) > 0,
            "what he did is known still");
    });

    it("may come again as somebody new", async () => {
        const one = await stack.visitor("viewer");

        await leave(one);
        await due(one.user);
        await until("he is gone", async () => await rows(one.user) === "0",
            { seconds: 60 });
        await post("/api/accounts", { json: { email: one.user.email,
            password: GOOD } });
        await mailed(stack, one.user.email);
        const { token } = await mailed(stack, one.user.email);

        assert.equal((await verify(token)).status, 200);
    });

    it("is not the last admin", async () => {
        const admin = await Client.signIn(stack.url, stack.email, stack.password);

        await stack.sql("update sluice.users set role = 'viewer' where role = "
            + `'admin' and id <> '${admin.user.id}'`);
        refused(await admin.request("DELETE", "/api/me",
            { json: { password: stack.password } }), 409, "conflict");
    });
});
