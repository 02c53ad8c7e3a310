/* Passkeys in the page, with Chromium's virtual authenticator. */

import assert from "node:assert/strict";

import { request } from "../http/lib/client.mjs";
import { freePort } from "../http/lib/ports.mjs";
import { until } from "../http/lib/stack.mjs";
import { after, before, describe, test } from "../http/lib/test.mjs";
import { complaints, open, PHONE } from "./harness.mjs";

let house, site, strict, off;

before(async () => {
    house = await open({
        extra: (state, port) => `sluice_public_url http://localhost:${port};`,
    });
    site = `http://localhost:${house.stack.port}`;
    const port = await freePort();
    const machine = await house.stack.secondNginx((text) => text.replace(
        "sluice_registration open;", "sluice_registration open; "
        + "sluice_second_factor required; sluice_passkeys "
        + `origin=http://localhost:${port};`), { port });

    strict = `http://localhost:${machine.port}`;
    const without = await house.stack.secondNginx((text) => text.replace(
        "sluice_registration open;",
        "sluice_registration open; sluice_passkeys off;"));

    off = `http://localhost:${without.port}`;
});

after(() => house?.close());


const press = (page, name) => page.getByRole("button", { name, exact: true })
    .click();
const field = (page, name) => page.getByLabel(name, { exact: true });
const inLibrary = (page) => page.getByRole("heading", { name: "Library" })
    .waitFor();
const focused = (element) => element.evaluate(
    (one) => one === document.activeElement);

/* Nothing to complain of, on a phone either. */
async function sound(page) {
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.deepEqual(await complaints(page), [], await page.title());
    const size = page.viewportSize();
    await page.setViewportSize(PHONE);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth
        <= innerWidth), `${await page.title()} is too wide`);
    await page.setViewportSize(size);
}

/* A page whose browser has an authenticator: {page, key}. */
async function visitor({ verified = true, resident = true, ...options } = {}) {
    const page = await house.visitor({ baseURL: site, ...options });
    const cdp = await page.context().newCDPSession(page);

    await cdp.send("WebAuthn.enable");
    const { authenticatorId } = await cdp.send(
        "WebAuthn.addVirtualAuthenticator", { options: {
            protocol: "ctap2", transport: "internal",
            hasResidentKey: resident, hasUserVerification: verified,
            isUserVerified: verified, automaticPresenceSimulation: true } });
    const key = {
        credentials: async () => (await cdp.send("WebAuthn.getCredentials",
            { authenticatorId })).credentials,
        put: (credential) => cdp.send("WebAuthn.addCredential",
            { authenticatorId, credential }),
        present: (enabled) => cdp.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            { authenticatorId, enabled }),
        verify: (isUserVerified) => cdp.send("WebAuthn.setUserVerified",
            { authenticatorId, isUserVerified }),
    };

    return { page, key };
}

const someone = async (role) => {
    const { user, password } = await house.stack.visitor(role);

    return { ...user, password };
};

async function signIn(page, { email, password }) {
    await field(page, "Email").fill(email);
    await field(page, "Password").fill(password);
    await press(page, "Sign in");
}

/* Signed in, with one passkey: {page, key, one}. */
async function holder(options) {
    const one = await someone();
    const { page, key } = await visitor(options);

    await key.present(false);
    await page.goto("/");
    await signIn(page, one);
    await inLibrary(page);
    await key.present(true);
    await page.goto("/account");
    await field(page, "Name of the passkey").fill("My laptop");
    await press(page, "Add a passkey");
    await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
    await press(page, "I have kept them");
    await page.getByText("The passkey My laptop is added.").waitFor();

    return { page, key, one };
}

/* The button alone, since the authenticator answers whoever asks first. */
const fillsNothing = (page) => page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
});

async function signOut(page) {
    await page.evaluate(() => fetch("/api/sessions/current",
                                    { method: "DELETE" }));
    await page.evaluate(() => localStorage.clear());
}


describe("a passkey", () => {
    for (const [locale, words] of Object.entries({
        "en-GB": {
            email: "Email", password: "Password", submit: "Sign in",
            library: "Library", name: "Name of the passkey",
            add: "Add a passkey", kept: "I have kept them",
            added: "The passkey Ida’s is added.", by: "Sign in with a passkey",
            used: "Last used just now", unused: "Not used yet",
        },
        "fr-FR": {
            email: "Adresse e-mail", password: "Mot de passe",
            submit: "Se connecter", library: "Médiathèque",
            name: "Nom de la clé d’accès", add: "Ajouter une clé d’accès",
            kept: "Je les ai gardés",
            added: "La clé d’accès Ida’s est ajoutée.",
            by: "Se connecter avec une clé d’accès",
            used: "Utilisée à l’instant", unused: "Pas encore utilisée",
        },
    })) {
        test(`is added, and opens the library in ${locale}`, async () => {
            const one = await someone();
            const { page, key } = await visitor({ locale });

            await key.present(false);
            await page.goto("/");
            await sound(page);
            await field(page, words.email).fill(one.email);
            await field(page, words.password).fill(one.password);
            await press(page, words.submit);
            await page.getByRole("heading", { name: words.library }).waitFor();

            await key.present(true);
            await page.goto("/account");
            await field(page, words.name).fill("Ida’s");
            await press(page, words.add);
            await press(page, words.kept);
            await page.getByText(words.added).waitFor();
            await page.getByText(words.unused).waitFor();
            await sound(page);
            assert.equal((await key.credentials()).length, 1);

            await signOut(page);
            await fillsNothing(page);
            await page.goto("/");
            await press(page, words.by);
            await page.getByRole("heading", { name: words.library }).waitFor();
            await page.goto("/account");
            await page.getByText(words.used).waitFor();
        });
    }

    test("is offered where the address is typed", async () => {
        const { page, key } = await holder();

        await signOut(page);
        await key.present(true);
        await page.goto("/");
        await inLibrary(page);
    });

    test("that nobody shows leaves one where he was", async () => {
        const { page, key } = await holder();

        await signOut(page);
        await key.present(false);
        await page.goto("/");
        await page.getByRole("button", { name: "Sign in with a passkey" })
            .waitFor();
        /* as if somebody closed the browser's question */
        await page.evaluate(() => {
            navigator.credentials.get = async () => {
                throw new DOMException("", "NotAllowedError");
            };
        });
        await press(page, "Sign in with a passkey");
        await page.getByRole("alert").filter({
            hasText: "No passkey was shown." }).waitFor();
        await sound(page);
    });

    test("that the server does not know any more is told so", async () => {
        const { page, one } = await holder();

        await house.stack.sql("delete from sluice.passkeys "
            + `where user_id = '${one.id}'`);
        await signOut(page);
        await fillsNothing(page);
        await page.goto("/");
        await press(page, "Sign in with a passkey");
        await page.getByRole("alert").filter({
            hasText: "This passkey is not known here." }).waitFor();
    });

    test("is asked for beside the password", async () => {
        const { page, key, one } = await holder();

        await signOut(page);
        await key.present(false);
        await page.goto("/");
        await signIn(page, one);
        const use = page.getByRole("button", { name: "Use a passkey" });

        await use.waitFor();
        await page.getByRole("heading", { name: "Show that it is you" })
            .waitFor();
        await until("the button has the focus", () => focused(use));
        await sound(page);
        await key.present(true);
        await page.keyboard.press("Enter");
        await inLibrary(page);
    });

    test("is called something else, with the keyboard alone", async () => {
        const { page } = await holder();

        await page.getByRole("button", { name: "Rename My laptop" }).focus();
        await page.keyboard.press("Enter");
        const name = field(page, "New name");

        await until("the name has the focus", () => focused(name));
        await sound(page);
        await name.fill("");
        await page.keyboard.press("Enter");
        assert.equal(await name.getAttribute("aria-invalid"), "true");
        await name.fill("The old one");
        await page.keyboard.press("Enter");
        await page.getByText("The passkey is called The old one now.")
            .waitFor();
        await until("the row has the focus", () => focused(
            page.getByRole("button", { name: "Rename The old one" })));
        await page.reload();
        await page.getByText("The old one", { exact: true }).waitFor();
    });

    test("is removed, and shown again first where that is long ago",
        async () => {
            const { page, one } = await holder();

            await house.stack.sql("update sluice.sessions set "
                + "authenticated_at = now() - interval '1 hour' "
                + `where user_id = '${one.id}'`);
            await press(page, "Remove My laptop");
            const question = page.getByRole("alertdialog");

            await question.waitFor();
            await sound(page);
            await question.getByRole("button", { name: "Remove" }).click();
            await page.getByRole("heading", { name: "Show again that it is you" })
                .waitFor();
            await sound(page);
            await press(page, "Use a passkey");
            await page.getByText("The passkey My laptop is removed.").waitFor();
            await page.getByText("You have none yet.").waitFor();
            assert.equal(await house.stack.sql("select count(*) from "
                + `sluice.passkeys where user_id = '${one.id}'`), "0");
        });

    test("without a PIN is shown again beside the password", async () => {
        const { page, one } = await holder({ verified: false });

        await house.stack.sql("update sluice.sessions set "
            + "authenticated_at = now() - interval '1 hour' "
            + `where user_id = '${one.id}'`);
        await press(page, "New recovery codes");
        const dialog = page.getByRole("dialog");

        await dialog.getByRole("button", { name: "Use a passkey" }).click();
        await dialog.getByLabel("Password", { exact: true })
            .fill(one.password);
        await sound(page);
        await dialog.getByRole("button", { name: "Use a passkey" }).click();
        await page.getByRole("heading", { name: "Your recovery codes" })
            .waitFor();
    });

    test("is there once on a device", async () => {
        const { page } = await holder();

        await field(page, "Name of the passkey").fill("Twice");
        await press(page, "Add a passkey");
        await page.getByRole("alert").filter({
            hasText: "This device has a passkey here already." }).waitFor();
    });
});


describe("where there is none", () => {
    test("a machine's address offers none", async () => {
        const page = await house.visitor();

        await page.goto("/");
        await page.getByRole("button", { name: "Sign in", exact: true })
            .waitFor();
        assert.equal(await page.getByRole("button", {
            name: "Sign in with a passkey" }).count(), 0);
        assert.equal((await request(
            `${house.stack.url}/api/sessions/passkey-options`,
            { method: "POST" })).status, 200);
    });
});


describe("where they are off", () => {
    test("the page offers none, and says nothing of it", async () => {
        const { page } = await visitor({ baseURL: off });
        const button = page.getByRole("button", {
            name: "Sign in with a passkey" });

        await page.goto("/");
        await page.getByRole("button", { name: "Sign in", exact: true })
            .waitFor();
        await until("the button is gone", async () =>
            await button.count() === 0);
        assert.equal(await page.locator("#sign-in-problem").textContent(), "");

        const one = await someone();

        await signIn(page, one);
        await inLibrary(page);
        await page.goto("/account");
        await page.getByRole("heading", { name: "A second factor" }).waitFor();
        assert.equal(await page.getByRole("heading", { name: "Passkeys" })
            .count(), 0);
    });
});


describe("where a second factor is required", () => {
    test("a passkey is one", async () => {
        const one = await someone();
        const { page, key } = await visitor({ baseURL: strict });

        await key.present(false);
        await page.goto("/");
        await signIn(page, one);
        await page.getByRole("heading", { name: "A second factor" }).waitFor();
        await field(page, "Name of the passkey").waitFor();
        await sound(page);
        await key.present(true);
        await press(page, "Add a passkey");
        await press(page, "I have kept them");
        await inLibrary(page);
    });
});
