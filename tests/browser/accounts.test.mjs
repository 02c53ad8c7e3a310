/* What people do about their accounts, from the mail to the last device. */

import assert from "node:assert/strict";

import { Client, request } from "../http/lib/client.mjs";
import { mailed } from "../http/lib/mails.mjs";
import { until } from "../http/lib/stack.mjs";
import { after, before, describe, test } from "../http/lib/test.mjs";
import { codeOf, enrol, wrongCode } from "../http/lib/totp.mjs";
import { device } from "../../web/js/account/device.js";
import { readMessage } from "../../web/js/account/message.js";
import { complaints, open, PHONE } from "./harness.mjs";

const GOOD = "neun Katzen auf dem Mond";
const OTHER = "vier Hunde unter dem Tisch";

let house, strict, closed, count = 0;

before(async () => {
    house = await open();
    strict = await house.stack.secondNginx((text) => text.replace(
        "sluice_registration open;", "sluice_registration invited;\n"
        + "    sluice_second_factor required;"));
    closed = await house.stack.secondNginx((text) => text.replace(
        "sluice_registration open;", "sluice_registration closed;"));
});

after(() => house?.close());


const fresh = () => `someone-${++count}@example.org`;
const heading = (page) => page.getByRole("heading", { level: 1 });
const press = (page, name) => page.getByRole("button", { name, exact: true })
    .click();
const field = (page, name) => page.getByLabel(name, { exact: true });
const inLibrary = (page) => page.getByRole("heading", { name: "Library" })
    .waitFor();
const link = async (email) => {
    const { text } = await mailed(house.stack, email);

    return /http:\S+/.exec(text)[0];
};
const ask = (path, json) => request(house.stack.url + path,
    { method: "POST", json });

/* What stands at a field, for whoever hears it. */
const saidAt = (input) => input.evaluate((element) =>
    element.getAttribute("aria-describedby").split(" ")
        .map((id) => document.getElementById(id)?.innerText).join(" ").trim());

const focused = (input) => input.evaluate(
    (element) => element === document.activeElement);

/* Nothing to complain of, on a phone either. */
async function sound(page) {
    await heading(page).waitFor();
    assert.deepEqual(await complaints(page), [], await page.title());
    const size = page.viewportSize();
    await page.setViewportSize(PHONE);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth
        <= innerWidth), `${await page.title()} is too wide`);
    await page.setViewportSize(size);
}

async function signIn(page, { email, password }) {
    await field(page, "Email").fill(email);
    await field(page, "Password").fill(password);
    await press(page, "Sign in");
}

/* Someone new: {email, password, id}. */
const someone = async (role) => {
    const { user, password } = await house.stack.visitor(role);

    return { ...user, password };
};

/* Someone with an authenticator: also {secret, codes}. */
async function enrolled(role) {
    const client = await house.stack.visitor(role);

    return { ...client.user, password: client.password,
             ...await enrol(client) };
}


describe("signing up", () => {
    for (const [locale, words] of Object.entries({
        "en-GB": {
            way: "Create an account", email: "Email", password: "Password",
            name: "Name (may stay empty)", submit: "Create account",
            sent: "Look into your mail", confirm: "Confirm",
            done: "Your address is confirmed. Sign in with it.",
            signIn: "Sign in", library: "Library",
        },
        "fr-FR": {
            way: "Créer un compte", email: "Adresse e-mail",
            password: "Mot de passe", name: "Nom (peut rester vide)",
            submit: "Créer le compte", sent: "Regardez vos messages",
            confirm: "Confirmer",
            done: "Votre adresse est confirmée. Connectez-vous avec elle.",
            signIn: "Se connecter", library: "Médiathèque",
        },
    })) {
        test(`leads by a mail to the library in ${locale}`, async () => {
            const page = await house.visitor({ locale });
            const email = fresh();

            await page.goto("/");
            await page.getByRole("link", { name: words.way }).click();
            await sound(page);
            await field(page, words.email).fill(email);
            await field(page, words.password).fill(GOOD);
            await field(page, words.name).fill("Ida");
            await press(page, words.submit);
            await page.getByRole("heading", { name: words.sent }).waitFor();
            await sound(page);

            await page.goto(await link(email));
            await sound(page);
            await press(page, words.confirm);
            await page.getByText(words.done).waitFor();
            assert.equal(await field(page, words.email).inputValue(), email);
            await field(page, words.password).fill(GOOD);
            await press(page, words.signIn);
            await page.getByRole("heading", { name: words.library }).waitFor();
            assert.deepEqual(page.problems, []);
        });
    }

    test("looks the same for who has an account", async () => {
        const page = await house.visitor();
        const texts = [];

        for (const email of [fresh(), (await someone()).email]) {
            await page.goto("/sign-up");
            await field(page, "Email").fill(email);
            await field(page, "Password").fill(GOOD);
            await press(page, "Create account");
            await page.getByRole("heading", { name: "Look into your mail" })
                .waitFor();
            texts.push((await page.locator("main").innerText())
                .replace(email, ""));
        }
        assert.equal(texts[0], texts[1]);
    });

    test("says at its field what is wrong, and where it is", async () => {
        const page = await house.visitor();
        const password = field(page, "Password");

        await page.goto("/sign-up");
        await press(page, "Create account");
        assert.ok(await focused(field(page, "Email")));
        assert.match(await saidAt(field(page, "Email")), /Fill this in/);

        await field(page, "Email").fill(fresh());
        await password.fill("short");
        await press(page, "Create account");
        assert.ok(await focused(password));
        assert.match(await saidAt(password), /8 characters or more\.$/);

        await password.fill("password123");
        await press(page, "Create account");
        await page.getByText("is guessed early").waitFor();
        assert.ok(await focused(password));
        assert.match(await saidAt(password), /is guessed early/);
        assert.equal(await password.getAttribute("aria-invalid"), "true");
        await sound(page);
    });

    test("that the server refuses is told in French, too", async () => {
        const page = await house.visitor({ locale: "fr-FR" });

        await page.goto("/sign-up");
        await field(page, "Adresse e-mail").fill(fresh());
        await field(page, "Mot de passe").fill("password123");
        await press(page, "Créer le compte");

        await page.getByText("se devine vite").waitFor();
    });

    test("where there is none is told as it is", async () => {
        const page = await house.visitor();

        for (const [{ url }, words] of [[closed, "Accounts are not made here."],
                                        [strict, "by an invitation here."]]) {
            await page.goto(`${url}/sign-up`);
            await field(page, "Email").fill(fresh());
            await field(page, "Password").fill(GOOD);
            await press(page, "Create account");
            await page.getByText(words).waitFor();
            await sound(page);
            await page.getByRole("link", { name: "Sign in" }).click();
            await page.getByRole("heading", { name: "Sign in" }).waitFor();
            assert.equal(await page.getByRole("link",
                { name: "Create an account" }).count(), 0);
        }
    });
});


describe("a mailed link", () => {
    const begun = async () => {
        const email = fresh();

        await ask("/api/accounts", { email, password: GOOD });
        return { email, url: await link(email) };
    };

    test("stands in the address bar no longer than it is read", async () => {
        const page = await house.visitor();
        const { url } = await begun();

        await page.goto(url);
        await page.getByRole("button", { name: "Confirm" }).waitFor();
        assert.equal(page.url(), `${house.stack.url}/verify`);
        assert.equal(await page.evaluate(() => JSON.stringify(
            [localStorage, sessionStorage, history.state])), "[{},{},null]");
    });

    test("changes nothing by being looked at", async () => {
        const page = await house.visitor();
        const { email, url } = await begun();

        await page.goto(url);
        await page.getByRole("button", { name: "Confirm" }).waitFor();
        assert.equal((await ask("/api/sessions", { email, password: GOOD }))
            .status, 401);
    });

    test("that was used leads on", async () => {
        const page = await house.visitor();
        const { url } = await begun();

        await ask(`/api/email-verifications/${url.split("#")[1]}`);
        await page.goto(url);
        await press(page, "Confirm");
        await page.getByText("This link was used before.").waitFor();
        assert.equal(await heading(page).innerText(), "This link has ended");
        assert.ok(await focused(heading(page)));
        await sound(page);
        await page.getByRole("link", { name: "Sign up again" }).click();
        await page.getByRole("heading", { name: "Create an account" })
            .waitFor();
    });

    for (const path of ["verify", "reset", "invitation"]) {
        test(`that a mail program has cut is told at /${path}`, async () => {
            const page = await house.visitor();

            await page.goto(`/${path}#AAAA`);
            if (path === "verify") {
                await press(page, "Confirm");
            }
            await page.getByRole("heading", { name: "This link is not whole" })
                .waitFor();
            await sound(page);
        });
    }

    for (const path of ["verify", "invitation"]) {
        test(`without its token is told at /${path}`, async () => {
            const page = await house.visitor();

            await page.goto(`/${path}`);
            await page.getByRole("heading", { name: "This link is not whole" })
                .waitFor();
        });
    }

    test("that is opened in the place of another one counts", async () => {
        const page = await house.visitor();
        const { email, url } = await begun();

        await page.goto("/verify#AAAA");
        await page.getByRole("button", { name: "Confirm" }).waitFor();
        await page.goto(url);
        await press(page, "Confirm");
        await page.getByText("Your address is confirmed.").waitFor();
        assert.equal(await field(page, "Email").inputValue(), email);
    });

    test("that is followed by who is signed in as another one leads out",
        async () => {
            const page = await house.visitor();
            const { email, url } = await begun();

            await page.goto("/");
            await signIn(page, await someone());
            await inLibrary(page);
            await page.goto(url);
            await press(page, "Confirm");
            await page.getByText(`There is an account of ${email}`).waitFor();
            await sound(page);
            await press(page, "Sign out, and sign in with it");
            await page.getByText("Your address is confirmed.").waitFor();
            assert.equal(await field(page, "Email").inputValue(), email);
        });
});


describe("a forgotten password", () => {
    test("is replaced by way of a mail", async () => {
        const page = await house.visitor();
        const { email } = await someone();

        await page.goto("/");
        await page.getByRole("link", { name: "Forgotten your password?" })
            .click();
        await sound(page);
        await field(page, "Email").fill(email);
        await press(page, "Send the link");
        await page.getByText(`If there is an account of ${email}`).waitFor();
        await sound(page);

        await page.goto(await link(email));
        await field(page, "New password").waitFor();
        assert.equal(page.url(), `${house.stack.url}/reset`);
        assert.equal(await field(page, "Email").inputValue(), email);
        await sound(page);
        await field(page, "New password").fill(OTHER);
        await press(page, "Set password");
        await page.getByText("Your new password is set.").waitFor();
        await field(page, "Password").fill(OTHER);
        await press(page, "Sign in");
        await inLibrary(page);
        assert.deepEqual(page.problems, []);
    });

    test("asks for another link when this one has ended", async () => {
        const page = await house.visitor();
        const { email } = await someone();

        await ask("/api/password-resets", { email });
        const url = await link(email);
        await house.stack.sql("update sluice.tickets set expires_at = now() "
            + `where email = '${email}'`);
        await page.goto(url);
        await page.getByText("This link has expired").waitFor();
        await sound(page);
        await page.getByRole("link", { name: "Ask for another link" }).click();
        await page.getByRole("button", { name: "Send the link" }).waitFor();
    });

    test("ends the session of this page, too", async () => {
        const page = await house.visitor();
        const one = await someone();

        await page.goto("/");
        await signIn(page, one);
        await inLibrary(page);
        await ask("/api/password-resets", one);
        await page.goto(await link(one.email));
        await field(page, "New password").fill(OTHER);
        await press(page, "Set password");
        await page.getByText("Your new password is set.").waitFor();
        assert.equal(await field(page, "Email").inputValue(), one.email);
    });
});


describe("an invitation", () => {
    const invited = async (role) => {
        const email = fresh();
        const admin = await Client.signIn(house.stack.url, house.stack.email,
                                          house.stack.password);

        await admin.request("POST", "/api/invitations",
                            { json: { email, role } });
        return { email, url: await link(email) };
    };

    test("becomes an account, and one is in", async () => {
        const page = await house.visitor();
        const { email, url } = await invited("editor");

        await page.goto(url);
        await field(page, "Password").waitFor();
        assert.equal(page.url(), `${house.stack.url}/invitation`);
        assert.equal(await field(page, "Email").inputValue(), email);
        assert.match(await page.locator("main").innerText(),
                     /Your role: editor\./);
        await sound(page);
        await field(page, "Password").fill(GOOD);
        await press(page, "Create account and sign in");
        await inLibrary(page);
        await page.getByRole("button", { name: `Account of ${email}` })
            .waitFor();
    });

    test("that was taken back is told", async () => {
        const page = await house.visitor();
        const { email, url } = await invited("viewer");

        await house.stack.sql("update sluice.tickets set used_at = now() "
            + `where email = '${email}'`);
        await page.goto(url);
        await page.getByText("Whoever invited you can do so again.").waitFor();
        await sound(page);
    });
});


describe("a sign-in with a second factor", () => {
    test("goes on with six digits, by the keyboard alone", async () => {
        const page = await house.visitor();
        const one = await enrolled();

        await page.goto("/");
        await field(page, "Email").waitFor();
        await page.keyboard.type(one.email);
        await page.keyboard.press("Tab");
        await page.keyboard.type(one.password);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: "Show that it is you" })
            .waitFor();
        assert.ok(await focused(field(page, "Six digits")));
        assert.equal(await field(page, "Six digits")
            .getAttribute("autocomplete"), "one-time-code");
        await sound(page);
        await page.keyboard.type(codeOf(one.secret, 1));
        await page.keyboard.press("Enter");
        await inLibrary(page);
        assert.doesNotMatch(await page.evaluate(() => document.cookie
            + JSON.stringify([localStorage, sessionStorage])),
        /token|sluice_|eyJ|challenge/);
    });

    test("goes on with a code on paper", async () => {
        const page = await house.visitor();
        const one = await enrolled();

        await page.goto("/");
        await signIn(page, one);
        await press(page, "Use a recovery code");
        assert.ok(await focused(field(page, "Recovery code")));
        await sound(page);
        await field(page, "Recovery code").fill(one.codes[3]);
        await press(page, "Sign in");
        await inLibrary(page);
    });

    test("says of a wrong code that it is", async () => {
        const page = await house.visitor();
        const one = await enrolled();
        const code = field(page, "Six digits");

        await page.goto("/");
        await signIn(page, one);
        await code.fill("12");
        await press(page, "Sign in");
        assert.match(await saidAt(code), /These are six digits/);
        await code.fill(wrongCode(one.secret));
        await press(page, "Sign in");
        await page.getByText("This code is wrong").waitFor();
        assert.match(await saidAt(code), /This code is wrong/);
        assert.ok(await focused(code));
        await code.fill(codeOf(one.secret, 1));
        await press(page, "Sign in");
        await inLibrary(page);
    });

    test("after too many says until when, and what is open meanwhile",
        async () => {
            const page = await house.visitor();
            const one = await enrolled();

            await house.stack.sql("insert into sluice.code_tries "
                + `(user_id, kind, at) values ('${one.id}', 'totp', `
                + "array_fill(now(), array[5])) on conflict (user_id, kind) "
                + "do update set at = excluded.at");
            await page.goto("/");
            await signIn(page, one);
            await field(page, "Six digits").fill(codeOf(one.secret, 1));
            await press(page, "Sign in");
            await page.getByRole("alert").filter({ hasText: "Too many" })
                .waitFor();
            const words = await page.getByRole("alert").innerText();

            assert.match(words, /In \d+ mins? you may try again\./);
            assert.match(words, /A recovery code is still taken\./);
            await sound(page);
            await press(page, "Use a recovery code");
            await field(page, "Recovery code").fill(one.codes[0]);
            await press(page, "Sign in");
            await inLibrary(page);
        });

    test("that took too long begins anew, and knows the address", async () => {
        const page = await house.visitor();
        const one = await enrolled();

        await page.goto("/");
        await signIn(page, one);
        await field(page, "Six digits").waitFor();
        /* its challenge ends with the password */
        await house.stack.sql("update sluice.users set password = password "
            + `|| ' ' where id = '${one.id}'`);
        await field(page, "Six digits").fill(codeOf(one.secret, 1));
        await press(page, "Sign in");
        await page.getByText("This took too long").waitFor();
        assert.equal(await field(page, "Email").inputValue(), one.email);
        assert.ok(await focused(field(page, "Password")));
        assert.match(await saidAt(field(page, "Password")),
                     /This took too long/);
        await sound(page);
    });
});


describe("where a second factor is required", () => {
    test("one is led to set it up, and goes on where one was", async () => {
        const page = await house.visitor();
        const one = await someone();

        await page.goto(`${strict.url}/?kind=score`);
        await signIn(page, one);
        await page.getByRole("img", { name: /^QR code/ }).waitFor();
        assert.equal(await heading(page).innerText(), "A second factor");
        await sound(page);

        /* and there is no way round it */
        await page.reload();
        await page.getByRole("img", { name: /^QR code/ }).waitFor();
        const secret = (await page.locator(".secret code").innerText())
            .replaceAll(" ", "");
        await field(page, "Six digits").fill(wrongCode(secret));
        await press(page, "Confirm");
        await page.getByText("This code is wrong").waitFor();
        await field(page, "Six digits").fill(codeOf(secret));
        await press(page, "Confirm");
        await page.getByRole("heading", { name: "Your recovery codes" })
            .waitFor();
        await sound(page);
        assert.equal(await page.locator(".codes li").count(), 10);
        await press(page, "I have kept them");
        await inLibrary(page);
        assert.ok(await field(page, "Scores").isChecked());
    });

    test("one who has not shown it here is asked for it", async () => {
        const page = await house.visitor();
        const client = await house.stack.visitor("viewer");
        const one = { ...client.user, password: client.password };

        await page.goto(strict.url);
        await signIn(page, one);
        await page.getByRole("img", { name: /^QR code/ }).waitFor();
        const { secret } = await enrol(client);
        await page.goto(`${strict.url}/upload`);
        await field(page, "Six digits").waitFor();
        await sound(page);
        await field(page, "Password").fill(one.password);
        await field(page, "Six digits").fill(codeOf(secret, 1));
        await press(page, "Go on");
        await page.getByRole("heading", { name: "Upload" }).first().waitFor();
    });
});


/* Signed in, in the account view. */
async function atHome(one, options) {
    const page = await house.visitor(options);

    await page.goto("/account");
    await signIn(page, one);
    await page.getByRole("heading", { name: "Where you are signed in" })
        .waitFor();
    await page.locator(".rows li").first().waitFor();
    return page;
}

const part = (page, name) => page.getByRole("region", { name, exact: true });
const told = (place) => place.getByRole("status").filter({ hasText: /\w/ });
const me = (client) => client.get("/api/me").then(({ json }) => json);
const grewOld = ({ id }) => house.stack.sql("update sluice.sessions set "
    + "authenticated_at = now() - interval '1 h' "
    + `where user_id = '${id}'`);
const timePasses = ({ id }) => house.stack.sql("update sluice.factors "
    + `set last_step = last_step - 10 where user_id = '${id}'`);


describe("in one's account", () => {
    test("axe finds nothing, in dark neither, nor too wide", async () => {
        for (const colorScheme of ["light", "dark"]) {
            const page = await atHome(await someone(), { colorScheme });

            await sound(page);
            assert.deepEqual(page.problems, []);
            await page.context().close();
        }
    });

    test("name and language change, and the page with them", async () => {
        const client = await house.stack.visitor("viewer");
        const page = await atHome({ ...client.user,
            password: client.password });

        await field(page, "Name (may stay empty)").fill("Ada Lovelace");
        await field(page, "Language of the page and of mails")
            .selectOption("fr");
        await press(page, "Save");
        await page.getByRole("heading", { name: "Votre compte" }).waitFor();
        await told(part(page, "Vous")).waitFor();
        await page.getByRole("button", { name: "Compte de Ada Lovelace" })
            .waitFor();
        const { name, locale } = await me(client);
        assert.deepEqual([name, locale], ["Ada Lovelace", "fr"]);
    });

    test("the language goes along to a new device", async () => {
        const client = await house.stack.visitor("viewer");
        const page = await house.visitor();

        await client.request("PATCH", "/api/me", { json: { locale: "fr-CH" } });
        await page.goto("/");
        await signIn(page, { ...client.user, password: client.password });
        await page.getByRole("heading", { name: "Médiathèque" }).waitFor();
        await page.reload();
        await page.getByRole("heading", { name: "Médiathèque" }).waitFor();
        await page.getByRole("button", { name: /^Compte de/ }).click();
        await press(page, "English");
        await page.reload();
        await inLibrary(page);
    });

    test("the address changes by a mail to the new one", async () => {
        const one = await someone();
        const page = await atHome(one);
        const address = part(page, "Address");
        const email = fresh();

        await field(address, "New address").fill(email);
        await field(address, "Current password").fill("not it at all");
        await press(address, "Change address");
        await address.getByText("This is not your password.").waitFor();
        assert.ok(await focused(field(address, "Current password")));
        await field(address, "Current password").fill(one.password);
        await press(address, "Change address");
        await told(address).waitFor();
        assert.match(await told(address).innerText(),
                     /Nothing changes until its link is followed/);

        await page.goto(await link(email));
        await press(page, "Confirm");
        await page.getByText(`${email} is your address now.`).waitFor();
        await sound(page);
        await page.getByRole("link", { name: "Your account" }).click();
        await page.getByText(`You sign in with ${email}.`).waitFor();
    });

    test("the password changes, and other devices are out", async () => {
        const client = await house.stack.visitor("viewer");
        const one = { ...client.user, password: client.password };
        const page = await atHome(one);
        const password = part(page, "Password");

        assert.equal(await page.locator(".rows li").count(), 2);
        await field(password, "Current password").fill(one.password);
        await field(password, "New password").fill("password123");
        await press(password, "Change password");
        await password.getByText("is guessed early").waitFor();
        assert.ok(await focused(field(password, "New password")));
        await field(password, "New password").fill(OTHER);
        await press(password, "Change password");
        await told(password).waitFor();
        await page.waitForFunction(
            () => document.querySelectorAll(".rows li").length === 1);
        assert.equal((await ask("/api/sessions", { ...one, password: OTHER }))
            .status, 201);
    });

    test("devices are named, and ended one by one or together", async () => {
        const client = await house.stack.visitor("viewer");
        const one = { ...client.user, password: client.password };

        for (const agent of ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac "
            + "OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
            + "Mobile/15E148 Safari/604.1", "okhttp/4.9"]) {
            await request(`${house.stack.url}/api/sessions`, { method: "POST",
                headers: { "User-Agent": agent }, json: one });
        }
        const page = await atHome(one);
        const devices = part(page, "Where you are signed in");
        const rows = devices.getByRole("listitem");

        assert.equal(await rows.count(), 4);
        assert.match(await rows.nth(0).innerText(),
                     /Chrome, Linux\s+This device/);
        assert.equal(await rows.nth(0).getByRole("button").count(), 0);
        assert.match(await rows.nth(1).innerText(), /^okhttp/);
        await devices.getByRole("button", { name: "Sign out Safari, iPhone" })
            .click();
        await told(devices).waitFor();
        assert.equal(await told(devices).innerText(),
                     "Safari, iPhone is signed out.");
        assert.equal(await rows.count(), 3);
        await press(devices, "Sign out all other devices");
        await devices.getByText("All other devices are signed out.").waitFor();
        assert.equal(await rows.count(), 1);
        await page.reload();
        await rows.first().waitFor();
        assert.equal(await rows.count(), 1);
    });

    test("one leaves, is told until when, and comes back by signing in",
        async () => {
            const one = await someone();
            const page = await atHome(one);
            const leave = part(page, "Leave");

            await press(leave, "Delete my account");
            assert.match(await saidAt(field(leave, "Current password")),
                         /Fill this in/);
            await field(leave, "Current password").fill(one.password);
            await press(leave, "Delete my account");
            await page.getByText(/Your account goes on .*\d{4}\./).waitFor();
            await sound(page);
            assert.equal(await field(page, "Email").inputValue(), one.email);
            await field(page, "Password").fill(one.password);
            await press(page, "Sign in");
            await inLibrary(page);
            assert.equal(await house.stack.sql("select leaves_at is null from "
                + `sluice.users where id = '${one.id}'`), "t");
        });

    test("passwords are typed unseen, pasted as they are, and looked at",
        async () => {
            const one = await someone();
            const page = await atHome(one, {
                permissions: ["clipboard-read", "clipboard-write"] });
            const password = part(page, "Password");
            const next = field(password, "New password");
            const types = () => page.evaluate(() => [...document
                .querySelectorAll("[autocomplete$=-password]")].map(
                ({ autocomplete, type }) => `${autocomplete} ${type}`));

            assert.deepEqual(await types(), ["current-password password",
                "current-password password", "new-password password",
                "current-password password"]);
            await page.evaluate((text) => navigator.clipboard.writeText(text),
                                `  ${OTHER}  `);
            await next.focus();
            await page.keyboard.press("Control+V");
            assert.equal(await next.inputValue(), `  ${OTHER}  `);
            await password.getByRole("button", { name: "Show" }).nth(1).click();
            assert.equal(await next.getAttribute("type"), "text");

            await field(password, "Current password").fill(one.password);
            await press(password, "Change password");
            await told(password).waitFor();
            assert.equal((await ask("/api/sessions",
                { ...one, password: OTHER })).status, 401);
            assert.equal((await ask("/api/sessions",
                { ...one, password: `  ${OTHER}  ` })).status, 201);
        });

    test("others' devices are ended by who has just shown who he is",
        async () => {
            const client = await house.stack.visitor("viewer");
            const one = { ...client.user, password: client.password };
            const page = await atHome(one);
            const devices = part(page, "Where you are signed in");
            const rows = devices.getByRole("listitem");
            const dialog = page.getByRole("dialog");

            await grewOld(one);
            await press(devices, "Sign out all other devices");
            await dialog.waitFor();
            await press(dialog, "Cancel");
            await dialog.waitFor({ state: "detached" });
            assert.equal(await rows.count(), 2);

            await press(devices, "Sign out all other devices");
            await field(dialog, "Password").fill(one.password);
            await press(dialog, "Go on");
            await devices.getByText("All other devices are signed out.")
                .waitFor();
            assert.equal(await rows.count(), 1);
        });

    test("the address is changed by who has just shown his second factor",
        async () => {
            const one = await enrolled();
            const page = await house.visitor();
            const address = part(page, "Address");
            const dialog = page.getByRole("dialog");

            await page.goto("/account");
            await signIn(page, one);
            await field(page, "Six digits").fill(codeOf(one.secret, 1));
            await press(page, "Sign in");
            await address.waitFor();
            await grewOld(one);
            await timePasses(one);

            await field(address, "New address").fill(fresh());
            await field(address, "Current password").fill(one.password);
            await press(address, "Change address");
            await dialog.waitFor();
            await press(dialog, "Cancel");
            await dialog.waitFor({ state: "detached" });
            assert.equal(await told(address).count(), 0);

            await press(address, "Change address");
            await field(dialog, "Password").fill(one.password);
            await field(dialog, "Six digits").fill(codeOf(one.secret));
            await press(dialog, "Go on");
            await told(address).waitFor();
        });

    test("all that is one's own is prepared, fetched and removed", async () => {
        const client = await house.stack.visitor("viewer");
        const page = await atHome({ ...client.user,
            password: client.password });
        const box = part(page, "Take your data with you");

        await client.bring(Buffer.from("no film at all"), "film.mp4");
        await grewOld(client.user);
        await press(box, "Prepare the file");
        const dialog = page.getByRole("dialog");
        await field(dialog, "Password").fill(client.password);
        await press(dialog, "Go on");

        const link = box.getByRole("link", { name: "Download" });
        await link.waitFor();
        await box.getByText(/there until \d/).waitFor();
        await sound(page);
        const [download] = await Promise.all([
            page.waitForEvent("download"), link.click()]);
        assert.match(download.suggestedFilename(), /^sluice-export-.*\.zip$/);
        assert.equal(await download.failure(), null);

        await press(box, "Remove");
        await told(box).getByText("The file is removed.").waitFor();
        await box.getByRole("button", { name: "Prepare the file" }).waitFor();
        assert.equal((await client.get("/api/me/export")).json.state, "none");
    });

    test("an export that waits shows so, and can be stopped; the fourth of a "
        + "day is none", async () => {
        const client = await house.stack.visitor("viewer");
        const { stack } = house;

        await stack.stopWorker();
        const page = await atHome({ ...client.user,
            password: client.password });
        const box = part(page, "Take your data with you");

        for (let n = 0; n < 3; n++) {
            await press(box, "Prepare the file");
            await box.getByText("It waits for its turn.").waitFor();
            await box.getByRole("progressbar").waitFor();
            await press(box, "Stop");
            await told(box).getByText("The file is removed.").waitFor();
        }
        await box.getByText(/another one can be tomorrow/).waitFor();
        await sound(page);
        await stack.startWorker();
    });

    test("password managers find the address beside each password",
        async () => {
            const one = await someone();
            const page = await atHome(one);

            const owners = await page.evaluate(() => [...document
                .querySelectorAll("form:has([type=password])")].map((form) =>
                form.querySelector("[autocomplete=username]")?.value));
            assert.deepEqual(owners, [one.email, one.email, one.email]);
        });
});


describe("the second factor, in one's account", () => {
    test("is set up, renewed, moved and taken away", async () => {
        const one = await someone();
        const page = await atHome(one, {
            permissions: ["clipboard-read", "clipboard-write"] });
        const factor = part(page, "A second factor");
        const confirm = async () => {
            const secret = (await factor.locator(".secret code").innerText())
                .replaceAll(" ", "");

            await field(factor, "Six digits").fill(codeOf(secret));
            await press(factor, "Confirm");
            await factor.getByRole("heading",
                                   { name: "Your recovery codes" }).waitFor();
            return factor.locator(".codes li").allInnerTexts();
        };

        await press(factor, "Set up an authenticator");
        await factor.getByRole("img", { name: /^QR code/ }).waitFor();
        await sound(page);
        await press(factor, "Copy secret");
        await factor.getByText("Copied.").waitFor();
        assert.match(await page.evaluate(() => navigator.clipboard.readText()),
                     /^[A-Z2-7]{32}$/);
        const first = await confirm();
        await sound(page);

        await press(factor, "Copy");
        await factor.getByText("Copied.").waitFor();
        const copied = await page.evaluate(
            () => navigator.clipboard.readText());
        assert.deepEqual(copied.match(/[A-Z2-7-]{29}/g), first);
        const saved = page.waitForEvent("download");
        await press(factor, "Save as a file");
        assert.match((await saved).suggestedFilename(), /\.txt$/);
        await page.emulateMedia({ media: "print" });
        assert.ok(await factor.locator(".codes").isVisible());
        assert.ok(!await part(page, "Leave").isVisible());
        await page.emulateMedia({ media: null });
        await press(factor, "I have kept them");
        await factor.getByText("You have 10 recovery codes left.").waitFor();
        await sound(page);

        await press(factor, "New recovery codes");
        await factor.getByRole("heading", { name: "Your recovery codes" })
            .waitFor();
        assert.notDeepEqual(await factor.locator(".codes li").allInnerTexts(),
                            first);
        await press(factor, "I have kept them");

        await press(factor, "Move to another phone");
        await factor.getByRole("img", { name: /^QR code/ }).waitFor();
        await confirm();
        await press(factor, "I have kept them");

        await press(factor, "Take it away");
        await sound(page);
        await press(page.getByRole("alertdialog"), "Take it away");
        await factor.getByText("The second factor is taken away.").waitFor();
        assert.equal((await ask("/api/sessions", one)).status, 201);
        assert.deepEqual(page.problems, []);
    });

    test("is for who has just shown who he is, with password and code",
        async () => {
            const page = await house.visitor();
            const one = await enrolled();
            const factor = part(page, "A second factor");
            const dialog = page.getByRole("dialog");

            await page.goto("/account");
            await signIn(page, one);
            await field(page, "Six digits").fill(codeOf(one.secret, 1));
            await press(page, "Sign in");
            await factor.waitFor();
            await grewOld(one);
            await timePasses(one);

            await press(factor, "New recovery codes");
            await dialog.waitFor();
            assert.ok(await focused(field(dialog, "Password")));
            await sound(page);
            await press(dialog, "Cancel");
            await dialog.waitFor({ state: "detached" });
            assert.equal(await factor.locator(".codes").count(), 0);

            await press(factor, "New recovery codes");
            await field(dialog, "Password").fill("not it at all");
            await field(dialog, "Six digits").fill(codeOf(one.secret));
            await press(dialog, "Go on");
            await dialog.getByText("This is not your password.").waitFor();
            await field(dialog, "Password").fill(one.password);
            await press(dialog, "Go on");
            await factor.getByRole("heading", { name: "Your recovery codes" })
                .waitFor();
        });

    test("that was begun can be left alone", async () => {
        const page = await atHome(await someone());
        const factor = part(page, "A second factor");

        await press(factor, "Set up an authenticator");
        await factor.getByRole("img", { name: /^QR code/ }).waitFor();
        await press(factor, "Cancel");
        await factor.getByRole("button", { name: "Set up an authenticator" })
            .waitFor();
    });

    test("that took an hour begins anew", async () => {
        const one = await someone();
        const page = await atHome(one);
        const factor = part(page, "A second factor");
        const secret = factor.locator(".secret code");

        await press(factor, "Set up an authenticator");
        const first = await secret.innerText();
        await house.stack.sql("update sluice.factors set created_at = now() "
            + `- interval '61 min' where user_id = '${one.id}'`);
        await field(factor, "Six digits").fill("123456");
        await press(factor, "Confirm");
        await factor.getByText("This took longer than an hour").waitFor();
        await sound(page);
        await press(factor, "Begin anew");
        await factor.getByText("This took longer").waitFor({
            state: "detached" });
        assert.notEqual(await secret.innerText(), first);
    });

    test("says where there is none on this server", async () => {
        const off = await house.stack.secondNginx((text) => text.replace(
            "sluice_registration open;",
            "sluice_registration open;\n    sluice_second_factor off;"));
        const page = await atHome(await someone(), { baseURL: off.url });
        const factor = part(page, "A second factor");

        await press(factor, "Set up an authenticator");
        await factor.getByText("There is no second factor on this server.")
            .waitFor();
        await off.stop();
    });
});


describe("an admin", () => {
    test("invites, sees who is invited, and takes it back", async () => {
        const page = await house.visitor();
        const email = fresh();
        const open = part(page, "Open invitations");

        await house.stack.sql("insert into sluice.plans (name) "
            + "values ('large') on conflict do nothing");
        await page.goto("/");
        await signIn(page, house.stack);
        await inLibrary(page);
        await page.getByRole("button", { name: /^Account of/ }).click();
        await page.getByRole("link", { name: "Accounts" }).click();
        await page.getByRole("link", { name: "Invitations" }).click();
        await page.getByRole("heading", { level: 1, name: "Invitations" })
            .waitFor();
        await sound(page);

        await field(page, "Email").fill(email);
        await field(page, "Role").selectOption("editor");
        await field(page, "Plan (may stay empty)").fill("no such plan");
        await field(page, "Language of the mail").selectOption("fr");
        await press(page, "Invite");
        await page.getByText("There is no plan of this name.").waitFor();
        assert.ok(await focused(field(page, "Plan (may stay empty)")));
        await field(page, "Plan (may stay empty)").fill("large");
        await press(page, "Invite");
        await open.getByText(email).waitFor();
        assert.match(await open.getByRole("listitem").filter({ hasText: email })
            .innerText(), /editor · large · until/);
        await sound(page);
        const mail = await mailed(house.stack, email);
        assert.match(mail.subject, /Vous êtes invité/);

        await open.getByRole("button",
            { name: `Take back the invitation of ${email}` }).click();
        await told(open).waitFor();
        assert.equal(await open.getByRole("listitem")
            .filter({ hasText: email }).count(), 0);
        assert.equal((await request(`${house.stack.url}/api/invitations/`
            + mail.token)).status, 410);
    });

    test("goes through many invitations page by page", async () => {
        await house.stack.sql("insert into sluice.tickets (id, purpose, email, "
            + "email_key, data, made_by, expires_at) select sluice.uuid_v7(), "
            + "'invitation', n || '@many.example', n || '@many.example', "
            + "'{\"role\": \"viewer\"}', u.id, now() + interval '1 day' "
            + "from generate_series(1, 60) n, sluice.users u "
            + `where u.email = '${house.stack.email}'`);
        const page = await house.page();
        const rows = page.locator(".rows li");

        await page.goto("/admin/invitations");
        await rows.first().waitFor();
        assert.equal(await rows.count(), 50);
        await press(page, "Show more");
        await rows.nth(59).waitFor();
        assert.ok(await focused(rows.nth(50)));
        await house.stack.sql("delete from sluice.tickets "
            + "where email like '%@many.example'");
    });

    test("finds an account, and changes, shuts, opens and removes it",
        async () => {
            const page = await house.page();
            const one = await enrolled("viewer");
            const user = one;
            const kept = (column) => house.stack.sql(`select ${column} from `
                + `sluice.users where id = '${user.id}'`);
            const state = page.locator(".facts div").filter({ hasText: "State" });
            const agree = (name) => page.getByRole("alertdialog")
                .getByRole("button", { name, exact: true }).click();
            const powers = part(page, "What can be done");

            await page.goto("/admin/accounts");
            await page.getByRole("link", { name: house.stack.email }).waitFor();
            await sound(page);
            await field(page, "How the address begins, or an id")
                .fill(user.email.toUpperCase());
            await press(page, "Find");
            await until("only that one is there", () =>
                page.locator(".rows li").count().then((many) => many === 1));
            assert.match(page.url(), /\?q=/);
            await page.getByRole("link", { name: user.email }).click();
            await page.getByRole("heading", { level: 1, name: user.email })
                .waitFor();
            await part(page, "Where it is signed in").getByRole("listitem")
                .first().waitFor();
            await sound(page);

            await field(page, "Role").selectOption("editor");
            await field(page, "Name (may stay empty)").fill("Zoë");
            await field(page, "Plan (may stay empty)").fill("no such plan");
            await press(page, "Save");
            await page.getByText("There is no plan of this name.").waitFor();
            await field(page, "Plan (may stay empty)").fill("");
            await press(page, "Save");
            await told(part(page, "Role, plan and name")).waitFor();
            assert.equal(await kept("role || name"), "editorZoë");

            await press(page, "Sign out everywhere");
            await page.getByText("Nowhere.").waitFor();

            await press(page, "Take the second factor away");
            await agree("Take the second factor away");
            await told(powers).waitFor();
            await powers.getByRole("button", { name: /second factor/ })
                .waitFor({ state: "hidden" });

            await press(page, "Lock out");
            await agree("Lock out");
            await state.getByText("locked out").waitFor();
            assert.match(await kept("disabled_at"), /^20/);
            await press(page, "Let in again");
            await agree("Let in again");
            await state.getByText("in use").waitFor();
            assert.equal(await kept("disabled_at"), "");

            await press(page, "Remove");
            await agree("Cancel");
            assert.equal(await kept("leaves_at"), "");
            await press(page, "Remove");
            await agree("Remove");
            await state.getByText("leaves on").waitFor();
            assert.match(await kept("leaves_at"), /^20/);

            await page.goto(`/admin/audit?target=${user.id}`);
            await page.getByText("user-enabled").waitFor();
            await sound(page);
            await field(page, "What: a word such as user-role")
                .fill("user-disabled");
            await press(page, "Show");
            await until("only that line is there", () =>
                page.locator(".rows li").count().then((many) => many === 1));
            await field(page, "Who: an account's id").fill("somebody");
            await press(page, "Show");
            await page.getByText("The id of a user.").waitFor();
        });

    test("reads the demo's mails, and follows a link from there", async () => {
        const email = fresh();

        await ask("/api/accounts", { email, password: GOOD, locale: "fr" });
        const page = await house.page();

        await page.goto("/admin/invitations");
        await page.getByRole("navigation", { name: "Administration" })
            .getByRole("link", { name: "Mails" }).click();
        await until("the mail is there", async () => {
            await page.reload();
            await page.locator(".rows, .muted").first().waitFor();
            return await page.getByRole("link", { name: email }).count() > 0;
        });
        await sound(page);
        await page.getByRole("link", { name: email }).click();
        await page.getByRole("heading",
            { name: "Confirmez votre adresse pour Sluice" }).waitFor();
        await sound(page);
        assert.match(await page.locator(".mail-text").innerText(),
            /Quelqu’un, vous sans doute, a demandé un compte/);
        await page.locator(".mail-text a").click();
        await press(page, "Confirm");
        await page.getByText(`There is an account of ${email} now.`).waitFor();
        assert.deepEqual(page.problems, []);
    });

    test("shows nothing of it to others", async () => {
        const page = await house.visitor();

        await page.goto("/admin/invitations");
        await signIn(page, await someone("editor"));
        await page.getByText("There is nothing at this address").waitFor();
        await page.getByRole("button", { name: /^Account of/ }).click();
        await page.getByRole("link", { name: "Your account" }).waitFor();
        assert.equal(await page.getByRole("link", { name: "Invitations" })
            .count(), 0);
    });
});


describe("a device", () => {
    const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";

    for (const [agent, program, system] of [
        [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 `
         + "Safari/537.36 Edg/126.0.0.0", "Edge", "Windows"],
        [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/126.0.0.0 `
         + "Mobile Safari/537.36", "Chrome", "Android"],
        [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/126.0.0.0 `
         + "Safari/537.36", "Chrome", "ChromeOS"],
        ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "
         + "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
         + "Safari/605.1.15", "Safari", "Mac"],
        ["Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
         + "(KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 "
         + "Safari/604.1", "Chrome", "iPad"],
        ["Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 "
         + "Firefox/127.0", "Firefox", "Linux"],
        ["curl/8.5.0", "curl", null],
        ["Mozilla/5.0", null, null],
        ["", null, null],
        [null, null, null],
        [`${"x".repeat(500)}/1`, "x".repeat(40), null],
    ]) {
        test(`is called by its name: ${(agent ?? "null").slice(0, 60)}`, () => {
            assert.deepEqual(device(agent), { program, system });
        });
    }
});


describe("a mail", () => {
    const bytes = (text) => new TextEncoder().encode(
        text.replaceAll("\n", "\r\n"));
    const read = (text) => readMessage(bytes(text));

    test("that is text alone is read, and so is one in base64", () => {
        assert.equal(read("Subject: =?UTF-8?B?w4ku?=\nTo: a@b.org\n\nSalut à "
            + "toi").text, "Salut à toi");
        assert.equal(read("Subject: =?UTF-8?B?w4ku?=\n\nx").subject, "É.");
        assert.equal(read("Content-Transfer-Encoding: base64\n\nw4ku\n").text,
                     "É.");
    });

    test("shows nothing of its HTML", () => {
        const { text } = read("Content-Type: multipart/alternative; "
            + "boundary=\"b\"\n\n--b\nContent-Type: text/html\n\n<b>x</b>\n"
            + "--b\nContent-Type: text/plain; charset=utf-8\n"
            + "Content-Transfer-Encoding: quoted-printable\n\n1 =3D=\n 1\n"
            + "--b--\n");

        assert.equal(text.trim(), "1 = 1");
        assert.equal(read("Content-Type: text/html\n\n<b>x</b>").text, "");
    });

    test("that is none is read as far as it goes", () => {
        for (const text of ["", "x", "\n\n", "Content-Type: multipart/mixed; "
            + "boundary=b\n\n--b\n", "Content-Type: multipart/mixed; "
            + "boundary=b\n\n--b--\n--b--"]) {
            assert.equal(typeof read(text).text, "string");
        }
    });
});
