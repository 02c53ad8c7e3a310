import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { enter, film, folder, open, place, pretend, score }
    from "./harness.mjs";

let house, files, movie, sheet;

before(async () => {
    house = await open();
    files = folder();
    const pdf = join(files.path, "Quiet waltz.pdf");
    writeFileSync(pdf, score(1));
    movie = film(join(files.path, "Harbour at dawn.mp4"), { seconds: 3 });
    sheet = pdf;
});

after(async () => {
    files?.remove();
    await house?.close();
});


test("an empty library says how to fill it", async () => {
    const page = await house.page();

    await page.goto("/");
    await page.getByText("Nothing here yet").waitFor();
    await page.locator("main").getByRole("link", { name: "Upload" }).click();

    await page.getByRole("heading", { name: "Upload", exact: true }).waitFor();
});


test("titles show their picture and can be narrowed", async (context) => {
    const harbour = await house.upload(movie);
    await house.upload(sheet);
    const page = await house.page();
    const titles = page.locator(".card-title");

    await page.goto("/");
    await counts(page, "2 titles").waitFor();

    await context.test("pictures load from signed links", async () => {
        await page.waitForFunction(() => {
            const pictures = [...document.querySelectorAll(".picture img")];
            return pictures.length === 2
                && pictures.every((picture) => picture.naturalWidth > 0);
        });
    });

    await context.test("by kind", async () => {
        await page.getByLabel("Scores").check({ force: true });
        await counts(page, "1 title found").waitFor();
        assert.deepEqual(await titles.allInnerTexts(), ["Quiet waltz"]);
        await page.getByLabel("All").check({ force: true });
        await counts(page, "2 titles").waitFor();
    });

    await context.test("by words", async () => {
        await page.getByRole("searchbox").fill("harbour");
        await counts(page, "1 title found").waitFor();
        assert.deepEqual(await titles.allInnerTexts(), ["Harbour at dawn"]);
    });

    await context.test("and come back with the browser's way back",
                       async () => {
        await titles.first().click();
        await page.getByRole("heading", { name: "Harbour at dawn" }).waitFor();
        assert.equal(new URL(page.url()).pathname, place(harbour));
        await page.goBack();
        await counts(page, "1 title found").waitFor();
        assert.equal(await page.getByRole("searchbox").inputValue(),
                     "harbour");
    });

    await context.test("or to nothing, from where one finds all again",
                       async () => {
        await page.getByRole("searchbox").fill("no such thing");
        await page.getByRole("button", { name: "Show everything" }).click();
        await counts(page, "2 titles").waitFor();
    });

    assert.deepEqual(page.problems, []);
});


test("a long list goes on where it ended", async () => {
    const page = await house.page();

    /* The real cursor, on pages of one. */
    await page.route("**/api/media?*limit=*", (route) => route.continue({
        url: route.request().url().replace(/limit=\d+/, "limit=1"),
    }));
    await page.goto("/");
    await page.getByRole("button", { name: "Show more" }).click();
    await counts(page, "2 titles").waitFor();

    assert.ok(await page.locator(".card:nth-child(2) a").evaluate(
        (element) => element === document.activeElement));
});


test("a title in the making changes by itself when it is ready", async () => {
    const page = await house.page();
    const card = page.locator(".card", { hasText: "Harbour at dawn" });

    await pretend(page, "/api/media", 1, (found) => {
        found.state = "processing";
        found.links = {};
        Object.assign(found.job, { kind: "probe", state: "running",
                                   progress: 0 });
    });
    await page.goto("/");

    await card.getByText("Looking at the file").waitFor();
    await card.locator("img").waitFor();
    assert.equal(await card.getAttribute("data-state"), "ready");
});


test("a server that is away is waited for", async () => {
    const page = await house.page();

    await page.route((url) => url.pathname === "/api/media",
                     (route) => route.fulfill({
                         status: 503, headers: { "Retry-After": "1" },
                     }), { times: 1 });
    await page.goto("/");

    await page.getByText("The server is not answering").waitFor();
    await counts(page, "2 titles").waitFor();
    await page.getByText("The server is not answering")
        .waitFor({ state: "hidden" });
});


test("only who may delete a title is offered to", async () => {
    const page = await house.visitor();

    await enter(page, await house.stack.user("viewer"));
    await counts(page, "2 titles").waitFor();

    assert.equal(await page.locator(".card-delete").count(), 0);
});


test("deleting asks first, and then the title is gone", async () => {
    const page = await house.page();
    const card = page.locator(".card", { hasText: "Quiet waltz" });
    const button = page.getByRole("button", { name: "Delete Quiet waltz" });

    await page.goto("/");
    await card.waitFor();
    await card.hover();
    await button.click();
    await page.keyboard.press("Escape");
    assert.equal(await card.count(), 1);

    await button.click();
    await page.getByRole("alertdialog")
        .getByRole("button", { name: "Delete" }).click();
    await card.waitFor({ state: "detached" });
    await page.reload();
    await counts(page, "1 title").waitFor();
    assert.equal(await card.count(), 0);
});


test("a title that is not there is said to be missing", async () => {
    const page = await house.page();

    await page.goto("/watch/01890000-0000-7000-8000-000000000000");

    await page.getByRole("heading", { name: "not here" }).waitFor();
});


test("an address that leads nowhere says so", async () => {
    const page = await house.page();

    await page.goto("/librarie");
    await page.getByRole("heading", { name: "nothing at this address" })
        .waitFor();
    await page.getByRole("link", { name: "Library", exact: true }).click();

    await page.getByRole("heading", { name: "Library" }).waitFor();
});


test("back in the library one finds what one had searched", async () => {
    const page = await house.page();

    await page.goto("/?q=harbour");
    await page.getByRole("link", { name: /Harbour/ }).first().click();
    await page.getByRole("link", { name: "Library", exact: true }).click();

    await page.waitForURL("**/?q=harbour");
    assert.equal(await page.getByRole("searchbox").inputValue(), "harbour");
});


function counts(page, text) {
    return page.locator(".count").getByText(text, { exact: true });
}
