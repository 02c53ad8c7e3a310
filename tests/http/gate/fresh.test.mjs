/* sluice_role … fresh=: what is dangerous is for who has shown lately who he
   is; and tokens of who must set up a second factor first. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { claimsOf } from "../lib/cookies.mjs";
import { refused } from "../lib/problem.mjs";
import { bearer } from "../lib/sessions.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter, now } from "../lib/token.mjs";

const timeout = 120_000;
const HOUR = 3600;
const CHALLENGE = 'Bearer realm="sluice", '
    + 'error="insufficient_user_authentication", max_age=900';

let stack, admin, mint;


before(async () => {
    stack = await startStack({ extra: (state) => `
        location /staff/ {
            sluice_gate user;
            sluice_role admin fresh=15m;
            alias ${state}/media/;
            location /staff/inner/ { alias ${state}/media/; }
            location /staff/easy/ { sluice_role admin; alias ${state}/media/; }
            location /staff/hard/ { sluice_role viewer fresh=1m;
                                    alias ${state}/media/; }
        }
        location /either/ {
            sluice_gate user grant;
            sluice_role viewer fresh=15m;
            alias ${state}/media/;
        }
        location /any/ {
            satisfy any;
            deny all;
            sluice_gate user;
            sluice_role viewer fresh=15m;
            alias ${state}/media/;
        }
        location /told/ {
            sluice_gate user;
            sluice_role viewer fresh=15m;
            error_page 401 /why;
            alias ${state}/media/;
        }
        location = /why { return 200 "$sluice_deny[$sluice_user]"; }
        location /open/ { sluice_gate user; alias ${state}/media/; }
        location /played/ { sluice_gate user; sluice_media on;
                            alias ${state}/media/; }
    ` });
    mkdirSync(stack.path("media"), { recursive: true });
    writeFileSync(stack.path("media/x"), "what is dangerous");
    admin = await stack.visitor("admin");
    mint = minter(stack.keys());
}, { timeout });

after(() => stack?.stop(), { timeout });


/* A token of the admin's session, who has shown so many seconds ago who he is;
   null: it does not tell. */
function aged(seconds, claims = {}) {
    const { auth_time: _, ...own } = claimsOf(admin.token);

    return mint.access({ ...own, jti: randomUUID(), ...claims,
        ...seconds === null ? {} : { auth_time: now() - seconds } });
}

const ask = (path, token, options = {}) => request(stack.url + path,
    { ...options, headers: { ...bearer(token), ...options.headers } });

function tooOld(answer) {
    refused(answer, 401, "authentication-too-old");
    assert.equal(answer.headers["www-authenticate"], CHALLENGE);
}


describe("fresh=15m", { timeout }, () => {
    it("lets pass who has just signed in", async () => {
        assert.equal((await ask("/staff/x", admin.token)).status, 200);
        assert.equal((await ask("/staff/x", aged(890))).status, 200);
    });

    it("asks again whoever did so longer ago", async () => {
        tooOld(await ask("/staff/x", aged(901)));
        tooOld(await ask("/staff/x", aged(HOUR)));
    });

    it("asks again whose token does not tell", async () => {
        tooOld(await ask("/staff/x", aged(null)));
    });

    it("takes a token again and again, until it is too old", async () => {
        const token = aged(897);

        assert.equal((await ask("/staff/x", token)).status, 200);
        tooOld(await until("it is", async () => {
            const answer = await ask("/staff/x", token);
            return answer.status !== 200 && answer;
        }));
    });

    it("takes none that says so in another form", async () => {
        for (const auth_time of ["soon", null, true, [], {}]) {
            refused(await ask("/staff/x", aged(null, { auth_time })), 401,
                "token-invalid");
        }
    });

    it("says first that a role is too low, or a token over", async () => {
        refused(await ask("/staff/x", aged(HOUR, { role: "editor" })), 403,
            "role-too-low");
        refused(await ask("/staff/x", aged(HOUR, { exp: now() - 1 })), 401,
            "token-expired");
    });

    it("is asked of a cookie, too", async () => {
        const cookie = (token) => request(`${stack.url}/staff/x`,
            { headers: { Cookie: `sluice_session=${token}` } });

        assert.equal((await cookie(aged(0))).status, 200);
        tooOld(await cookie(aged(HOUR)));
    });

    it("goes with the role that it stands beside", async () => {
        tooOld(await ask("/staff/inner/x", aged(HOUR)));
        assert.equal((await ask("/staff/easy/x", aged(HOUR))).status, 200);
        const answer = await ask("/staff/hard/x", aged(100));
        refused(answer, 401, "authentication-too-old");
        assert.match(answer.headers["www-authenticate"], /, max_age=60$/);
    });

    it("is asked of users, not of links", async () => {
        const grant = mint.grant({ path: "/either/x" });

        tooOld(await ask("/either/x", aged(HOUR)));
        assert.equal((await request(`${stack.url}/either/x?grant=${grant}`))
            .status, 200);
    });

    it("leaves the word to error_page and satisfy, with the header",
        async () => {
            const told = await ask("/told/x", aged(HOUR));
            const any = await ask("/any/x", aged(HOUR));

            assert.equal(told.text, "authentication-too-old[]");
            assert.equal(told.headers["www-authenticate"], CHALLENGE);
            assert.equal(any.status, 401);
            assert.equal(any.headers["www-authenticate"], CHALLENGE);
            assert.equal((await ask("/any/x", aged(0))).status, 200);
        });

    it("is counted where denials are", async () => {
        const counted = async () => Number(/authentication-too-old"\} (\d+)/
            .exec((await request(`${stack.url}/metrics`)).text)?.[1] ?? 0);
        const before = await counted();

        await ask("/staff/x", aged(HOUR));
        assert.equal(await counted(), before + 1);
    });
});


describe("fresh= in front of the API", { timeout }, () => {
    it("lets pass what it takes to become fresh, and nothing else", async () => {
        const machine = await stack.secondNginx((text) => text.replace(
            "location /api/ {", "location /api/ { sluice_role viewer fresh=15m;"));
        const on = (method, path, token, json) => request(machine.url + path,
            { method, json, headers: bearer(token) });
        const token = aged(HOUR);

        tooOld(await on("GET", "/api/jobs/x/events", token));
        tooOld(await on("PATCH", "/api/me", token, { name: "x" }));
        assert.equal((await on("GET", "/api/me", token)).status, 200);

        const again = await on("POST", "/api/sessions/current/authenticate",
            token, { password: admin.password });
        assert.equal(again.status, 200);
        assert.equal((await on("PATCH", "/api/me", again.json.access_token,
            { name: "x" })).status, 200);
    });
});


describe("a token of who is enrolling", { timeout }, () => {
    const enrolling = () => aged(0, { role: "enrolling" });

    for (const path of ["/open/x", "/played/x", "/staff/x", "/either/x"]) {
        it(`opens nothing at ${path}`, async () => {
            assert.equal((await ask(path, aged(0))).status, 200);
            refused(await ask(path, enrolling()), 403,
                "second-factor-required");
        });
    }

    it("opens no link that is not his, and does not close one", async () => {
        const grant = mint.grant({ path: "/either/x" });

        assert.equal((await ask(`/either/x?grant=${grant}`, enrolling()))
            .status, 200);
    });

    it("names him in no variable where it did not pass", async () => {
        const answer = await ask("/told/x", aged(HOUR,
            { role: "enrolling" }));

        refused(answer, 403, "second-factor-required");
    });
});
