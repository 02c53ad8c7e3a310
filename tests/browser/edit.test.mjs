/* A title's words changed, and what happens when two do so. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { musicxml } from "../http/lib/files.mjs";
import { after, before, test } from "../http/lib/test.mjs";
import { complaints, DESK, enter, film, folder, open, PHONE, place, score } from
    "./harness.mjs";

const READY = { timeout: 90_000 };

let house, files, media, admin;

before(async () => {
    house = await open();
    files = folder();
    media = await house.upload(film(join(files.path, "Rushes 7.mp4"),
        { seconds: 2 }));
    admin = await house.stack.visitor("admin");
});

after(async () => {
    files?.remove();
    await house?.close();
});


async function editing(options = {}, of = media) {
    const page = await house.page(options);

    await page.goto(place(of));
    await page.getByRole("button", { name: /^(Edit|Modifier)$/ }).click();
    await page.locator("dialog.edit").waitFor();
    return page;
}

const change = (json, { id } = media) =>
    admin.request("PATCH", `/api/media/${id}`, { json });
const field = (page, label) => page.getByLabel(label, { exact: true });


test("a title, its author and its tags are corrected where one sees them",
    async () => {
        const page = await editing();

        await field(page, "Title").fill("Moon over the harbour");
        await field(page, "Author").fill("Ida");
        await field(page, "Tags").fill("night, harbour ,, night");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByRole("heading", { name: "Moon over the harbour" })
            .waitFor();

        assert.match(await page.title(), /^Moon over the harbour/);
        const now = await admin.media(media.id);
        assert.deepEqual([now.author, now.tags], ["Ida", ["night", "harbour"]]);
        await page.locator("dialog").waitFor({ state: "detached" });
        assert.deepEqual(page.problems, []);
    });


test("what somebody else changed meanwhile is told and not overwritten",
    async () => {
        await change({ title: "First", author: "Ida", tags: [] });
        const page = await editing();

        await field(page, "Title").fill("Mine");
        await change({ title: "Theirs", author: "Otto" });
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByText("Title, as it is now: Theirs").waitFor();

        assert.equal((await admin.media(media.id)).title, "Theirs");
        assert.equal(await field(page, "Title").inputValue(), "Mine");
        assert.equal(await field(page, "Author").inputValue(), "Otto");

        await page.getByRole("button", { name: "Save" }).click();
        await page.getByRole("heading", { name: "Mine" }).waitFor();
        const now = await admin.media(media.id);
        assert.deepEqual([now.title, now.author], ["Mine", "Otto"]);
    });


test("a title that is none is said to be, and the field has the focus",
    async () => {
        const page = await editing({ locale: "fr-FR" });

        await field(page, "Titre").fill("  ");
        await page.getByRole("button", { name: "Enregistrer" }).click();
        await page.getByText("Un titre a de 1 à 500 caractères.").waitFor();
        assert.equal(await page.evaluate(() => document.activeElement.id),
                     "edit-title");
        await page.keyboard.press("Escape");
        await page.locator("dialog").waitFor({ state: "detached" });
    });


test("who may see it is changed by an editor", async () => {
    await change({ visibility: "private" });
    const page = await editing();

    await page.getByLabel("Everybody may see it").check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.equal((await admin.media(media.id)).visibility, "library");
});


test("what is uploaded here is not public unless one says so", async () => {
    const page = await house.page();
    const send = async (name) => {
        const path = join(files.path, name);

        writeFileSync(path, score(1 + send.pages++));
        await page.getByLabel("Choose files").setInputFiles(path);
        await page.locator(".upload-row[data-state=ready]", { hasText: name })
            .waitFor(READY);
        const { json } = await admin.get(
            `/api/media?q=${name.replace(".pdf", "")}`);
        return json.items[0].visibility;
    };
    send.pages = 0;

    await page.goto("/upload");
    assert.equal(await send("Hidden.pdf"), "private");
    await page.getByLabel("Show to everybody what I upload").check();
    assert.equal(await send("Shown.pdf"), "library");
});


test("a viewer is asked nothing about who sees what he brings", async () => {
    const guest = await house.stack.user("viewer");
    const page = await house.visitor();

    await enter(page, { ...guest });
    await page.goto("/upload");
    await page.getByLabel("Choose files").waitFor({ state: "attached" });
    assert.equal(await page.getByLabel("Show to everybody").count(), 0);
});


test("a score is edited beside what is known of it", async () => {
    const pages = join(files.path, "Pages.pdf");
    const notes = join(files.path, "Notes.musicxml");

    writeFileSync(pages, score(3));
    writeFileSync(notes, musicxml({ title: "Notes" }));

    for (const path of [pages, notes]) {
        const of = await house.upload(path);
        const page = await house.page();

        await page.goto(place(of));
        if (path === pages) {
            await page.getByRole("button", { name: "About this score" })
                .click();
        }
        await page.getByRole("button", { name: "Edit", exact: true }).click();
        await field(page, "Title").fill("Winter");
        await field(page, "Tags").fill("lied");
        await page.getByRole("button", { name: "Save" }).click();
        await page.getByRole("heading", { name: "Winter" }).waitFor();
        await page.locator(".edit").waitFor({ state: "detached" });
    }
});


for (const [locale, size] of [["en-GB", DESK], ["fr-FR", PHONE]]) {
    test(`axe finds nothing in ${locale} at ${size.width} px, and nothing is `
        + "too wide", async () => {
        const page = await editing({ locale, size });

        assert.deepEqual(await complaints(page), []);
        assert.ok(await page.evaluate(
            () => document.documentElement.scrollWidth <= innerWidth));
    });
}
