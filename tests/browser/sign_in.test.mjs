import assert from "node:assert/strict";

import { after, before, test } from "../http/lib/test.mjs";
import { enter, open } from "./harness.mjs";

let house;

before(async () => {
    house = await open();
});

after(() => house?.close());


test("email and password lead to the library", async () => {
    const page = await house.visitor();

    await enter(page, house.stack);

    assert.equal(await page.title(), "Library – Sluice");
    assert.deepEqual(page.problems, []);
});


test("a wrong password is said so and can be typed again", async () => {
    const page = await house.visitor();
    const password = page.getByLabel("Password", { exact: true });

    await page.goto("/");
    await page.getByLabel("Email").fill(house.stack.email);
    await password.fill("not it at all");
    await page.keyboard.press("Enter");

    await page.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
    assert.match(await page.getByRole("alert").innerText(), /password/i);
    assert.ok(await password.evaluate(
        (element) => element === document.activeElement));
    assert.equal(await page.getByLabel("Email").inputValue(),
                 house.stack.email);
});


test("nothing is sent while a field is empty", async () => {
    const page = await house.visitor();
    const sent = [];

    page.on("request", (request) => sent.push(request.method()));
    await page.goto("/");
    await page.getByRole("button", { name: "Sign in" }).click();

    await page.getByText("Fill in your email").waitFor();
    assert.ok(!sent.includes("POST"));
});


for (const stay of [false, true]) {
    test("scripts can read no token of a session that is "
         + (stay ? "kept" : "not kept"), async () => {
        const page = await house.visitor();

        await enter(page, house.stack, { stay });

        const readable = await page.evaluate(() => document.cookie
            + JSON.stringify(localStorage) + JSON.stringify(sessionStorage));
        assert.doesNotMatch(readable, /token|sluice_|eyJ/);
    });
}


/* What a browser keeps when it is closed. */
const closed = async (page) => {
    const { cookies, origins } = await page.context().storageState();

    await page.context().close();
    return { cookies: cookies.filter(({ expires }) => expires !== -1),
             origins };
};


test("who stays signed in is so when the browser is opened again", async () => {
    const first = await house.visitor();

    await enter(first, house.stack, { stay: true });
    const page = await house.visitor({ storageState: await closed(first) });
    await page.goto("/");

    await page.getByRole("heading", { name: "Library" }).waitFor();
});


test("who does not is not", async () => {
    const first = await house.visitor();

    await enter(first, house.stack);
    const page = await house.visitor({ storageState: await closed(first) });
    await page.goto("/");

    await page.getByRole("heading", { name: "Sign in" }).waitFor();
});


test("a token that was kept before moves out of the reach of scripts",
     async () => {
    const page = await house.visitor();
    const { email, password } = house.stack;

    await page.goto("/");
    await page.evaluate(async (body) => {
        const answer = await fetch("/api/sessions", { method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(body) });

        localStorage.setItem("sluice.session", JSON.stringify({
            token: (await answer.json()).refresh_token, expires: 0 }));
    }, { email, password });
    await page.context().clearCookies();
    await page.reload();

    await page.getByRole("heading", { name: "Library" }).waitFor();
    assert.doesNotMatch(await page.evaluate(
        () => JSON.stringify(localStorage)), /token/);
});


test("a session that ended leads back to where one was", async () => {
    const page = await house.visitor();

    await enter(page, house.stack);
    await page.goto("/?kind=score");
    await page.getByRole("heading", { name: "Library" }).waitFor();
    await page.evaluate(() => fetch("/api/sessions/current",
                                    { method: "DELETE" }));
    await page.context().clearCookies();
    await page.getByRole("searchbox").fill("clair");

    await page.getByText("Your session has ended").waitFor();
    await page.getByLabel("Email").fill(house.stack.email);
    await page.getByLabel("Password", { exact: true })
        .fill(house.stack.password);
    await page.keyboard.press("Enter");

    await page.getByRole("heading", { name: "Library" }).waitFor();
    assert.equal(await page.getByRole("searchbox").inputValue(), "clair");
    assert.ok(await page.getByLabel("Scores").isChecked());
});


test("an access token that ran out is renewed unseen", async () => {
    const page = await house.visitor();

    await enter(page, house.stack);
    await page.context().clearCookies({ name: "sluice_session" });
    const renewed = page.waitForResponse("**/api/sessions/refresh");
    await page.getByRole("searchbox").fill("anything");

    assert.equal((await renewed).ok(), true);
    await page.getByText("Nothing matches").waitFor();
});


test("a reload in mid-use leaves the way to another access token", async () => {
    const page = await house.visitor();

    await enter(page, house.stack);
    await page.reload();
    await page.getByRole("heading", { name: "Library" }).waitFor();
    await page.context().clearCookies({ name: "sluice_session" });
    await page.getByRole("searchbox").fill("anything");

    await page.getByText("Nothing matches").waitFor();
});


test("a tab that is opened beside another is signed in as long as that",
     async () => {
    const first = await house.visitor();

    await enter(first, house.stack);
    const second = await first.context().newPage();
    await second.goto("/");
    await second.getByRole("heading", { name: "Library" }).waitFor();
    await second.context().clearCookies({ name: "sluice_session" });
    await first.close();
    await second.getByRole("searchbox").fill("anything");

    await second.getByText("Nothing matches").waitFor();
});


test("tabs that renew at once stay signed in", async () => {
    const first = await house.visitor();
    const tabs = [first];

    await enter(first, house.stack);
    while (tabs.length < 4) {
        const page = await first.context().newPage();

        await page.goto("/");
        await page.getByRole("heading", { name: "Library" }).waitFor();
        tabs.push(page);
    }
    for (let round = 0; round < 3; round++) {
        await first.context().clearCookies({ name: "sluice_session" });
        await Promise.all(tabs.map(async (page) => {
            await page.getByRole("searchbox").fill(`nothing ${round}`);
            await page.getByText("Nothing matches").waitFor();
            await page.getByRole("searchbox").fill("");
            await page.getByText("Nothing matches").waitFor(
                { state: "detached" });
        }));
    }
});


test("another tab follows a sign-out", async () => {
    const first = await house.visitor();

    await enter(first, house.stack);
    const second = await first.context().newPage();
    await second.goto("/");
    await second.getByRole("heading", { name: "Library" }).waitFor();
    await first.getByRole("button", { name: /^Account of/ }).click();
    await first.getByRole("button", { name: "Sign out" }).click();

    await second.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.equal(await second.getByText("has ended").count(), 0);
});


test("signing out closes the page and the session", async () => {
    const page = await house.visitor();

    await enter(page, house.stack);
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Email").waitFor();

    assert.equal(await page.evaluate(
        async () => (await fetch("/api/me")).status), 401);
});


test("a French browser reads French, and English on request", async () => {
    const page = await house.visitor({ locale: "fr-FR" });
    const heading = page.getByRole("heading", { level: 1 });

    await page.goto("/");
    await heading.waitFor();
    assert.equal(await heading.innerText(), "Connexion");
    assert.equal(await page.locator("html").getAttribute("lang"), "fr");

    await page.getByRole("button", { name: "English" }).click();
    assert.equal(await heading.innerText(), "Sign in");
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
});
