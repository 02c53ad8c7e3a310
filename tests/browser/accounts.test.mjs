/* What people do about their accounts, from the mail to the last device. */

import assert from "node:assert/strict";

import { Client, request } from "../http/lib/client.mjs";
import { mailed } from "../http/lib/mails.mjs";
import { after, before, describe, test } from "../http/lib/test.mjs";
import { codeOf, enrol, wrongCode } from "../http/lib/totp.mjs";
import { complaints, open, PHONE } from "./harness.mjs";

const GOOD = "neun Katzen auf dem Mond";
const OTHER = "vier Hunde unter dem Tisch";

let house, strict, closed, count = 0;

before(async () => {
    house = await open();
    strict = await (await house.stack.secondNginx((text) => text.replace(
        "sluice_registration open;", "sluice_registration invited;\n"
        + "    sluice_second_factor required;"))).ready();
    closed = await (await house.stack.secondNginx((text) => text.replace(
        "sluice_registration open;", "sluice_registration closed;"))).ready();
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
            assert.match(await page.getByRole("alert").innerText(),
                /In 5 mins you may try again\. A recovery code is still taken\./);
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
