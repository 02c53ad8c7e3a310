/* What belongs to a score: seen, heard, and added to. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { complaints, DESK, folder, open, PHONE, place, score } from
    "./harness.mjs";
import { midi, musicxml } from "../http/lib/files.mjs";

const READY = { timeout: 90_000 };

let house, files, media, sound, sheet;

before(async () => {
    house = await open();
    files = folder();
    const path = join(files.path, "Study.pdf");

    sound = join(files.path, "Take one.mp3");
    sheet = join(files.path, "Second.png");
    execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i",
        "sine=frequency=440:duration=4", sound]);
    draw(sheet, "300x420");
    writeFileSync(path, score(2));
    media = await house.upload(path);
});

after(async () => {
    files?.remove();
    await house?.close();
});


function draw(path, size) {
    execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i",
        `color=white:size=${size}`, "-frames:v", "1", path]);
}

async function reader(options = {}, of = media) {
    const page = await house.page(options);

    await page.goto(place(of));
    await page.locator(".sheets img").first().waitFor();
    await page.getByRole("button", { name: /Recordings and notes|Enregistre/ })
        .click();
    return page;
}


test("a recording that is added to a score plays beside it", async () => {
    const page = await reader();

    await page.getByText("What goes with this score appears here.").waitFor();
    await page.getByLabel("Add a file").setInputFiles(sound);
    await page.locator(".file").waitFor(READY);

    assert.match(await page.locator(".file-facts").innerText(),
                 /^Audio · MP3 · 0:04 · \d+ kB$/);
    await page.locator(".files .upload-row")
        .waitFor({ state: "detached" });

    const audio = page.getByLabel("Take one.mp3", { exact: true });
    await audio.evaluate((element) => element.play());
    await page.waitForFunction(
        () => document.querySelector(".file audio").currentTime > 0.5);
    assert.deepEqual(page.problems, []);
});


test("a file of a score is brought back as it came", async () => {
    const page = await reader({ size: PHONE });
    const download = page.waitForEvent("download");

    await page.getByRole("link", { name: "Download Take one.mp3" }).click();
    const saved = await download;

    assert.equal(saved.suggestedFilename(), "Take one.mp3");
    assert.deepEqual(readFileSync(await saved.path()), readFileSync(sound));
});


test("what is no music ends with a reason, and the score stays", async () => {
    const page = await reader();
    const path = join(files.path, "letter.pdf");

    writeFileSync(path, "%PDF-1.7\nDear all, these are no notes.\n");
    await page.getByLabel("Add a file").setInputFiles(path);
    await page.locator(".file[data-state=failed]")
        .getByText("cannot be read").waitFor(READY);

    await page.locator(".files .upload-row")
        .waitFor({ state: "detached" });
    assert.equal(await page.locator(".sheets img").count(), 2);
});


test("a file that was refused can be tried again", async () => {
    const page = await reader({ locale: "fr-FR" });
    const path = join(files.path, "song.musicxml");

    await page.route("**/api/media?filename=*", (route) => route.fulfill({
        status: 413, contentType: "application/problem+json",
        body: JSON.stringify({ type: "urn:sluice:problem:quota-exceeded",
                               status: 413, title: "Full" }),
    }), { times: 1 });
    writeFileSync(path, musicxml());
    await page.getByLabel("Ajouter un fichier").setInputFiles(path);
    await page.locator(".files").getByText("plus assez de place").waitFor();
    await page.getByRole("button", { name: "Réessayer song.musicxml" }).click();
    await page.getByText(/^Partition · MusicXML · /).waitFor(READY);
    await page.locator(".files .upload-row")
        .waitFor({ state: "detached" });
});


test("a picture takes further pages, and shows them at once", async () => {
    const path = join(files.path, "First.png");

    draw(path, "300x400");
    const picture = await house.upload(path);
    const page = await reader({ size: PHONE }, picture);

    await page.getByText("of 1", { exact: true }).waitFor();
    await page.getByLabel("As its next page").check();
    await page.getByLabel("Add a file").setInputFiles(sheet);
    await page.getByText("of 2", { exact: true }).waitFor(READY);
    assert.match(await page.locator(".file-facts").innerText(), /^Page 2 · /);

    await page.getByRole("button", { name: "Recordings and notes" }).click();
    await page.keyboard.press("ArrowRight");
    await page.getByAltText("Page 2 of 2").waitFor();
    assert.deepEqual(page.problems, []);
});


test("a score in PDF takes no further page, but its notes", async () => {
    const page = await reader();
    const path = join(files.path, "song.mid");

    writeFileSync(path, midi());
    assert.equal(await page.getByLabel("As its next page").count(), 0);
    await page.getByLabel("Add a file").setInputFiles(path);
    await page.getByText(/^Score · MIDI · /).waitFor(READY);
});


test("the same file is not added twice", async () => {
    const page = await reader();
    const before = await page.locator(".file").count();

    await page.getByLabel("Add a file").setInputFiles(sound);
    await page.locator(".files .upload-row")
        .getByText("Already with this score").waitFor(READY);

    assert.equal(await page.locator(".file").count(), before);
});


test("files that are chosen together keep their order", async () => {
    const page = await reader();
    const names = ["A long one.png", "Short.mid"];
    const paths = names.map((name) => join(files.path, name));

    draw(paths[0], "1500x1500");
    writeFileSync(paths[1], midi({ part: "Chant" }));
    await page.getByLabel("Add a file").setInputFiles(paths);
    await page.locator(".file-name", { hasText: names[0] }).waitFor(READY);
    await page.locator(".file-name", { hasText: names[1] }).waitFor(READY);

    const listed = await page.locator(".file-name").allInnerTexts();
    assert.deepEqual(listed.filter((name) => names.includes(name)), names);
});


test("files and pages are moved and removed", async () => {
    const path = join(files.path, "Album.png");
    const names = ["p2.png", "p3.png", "p4.png"];

    draw(path, "333x444");
    const album = await house.upload(path);
    const page = await reader({}, album);
    const listed = () => page.locator(".file-name").allInnerTexts();

    await page.getByLabel("As its next page").check();
    await page.getByLabel("Add a file").setInputFiles(names.map((name, at) => {
        draw(join(files.path, name), `${310 + 2 * at}x400`);
        return join(files.path, name);
    }));
    await page.getByText("of 4", { exact: true }).waitFor(READY);
    assert.deepEqual(await listed(), names);

    const up = page.getByRole("button", { name: "Move p4.png up" });
    await up.click();
    await page.waitForFunction(() => document.querySelectorAll(".file-name")[1]
        .textContent === "p4.png");
    assert.deepEqual(await listed(), ["p2.png", "p4.png", "p3.png"]);
    assert.ok(await up.evaluate((one) => one === document.activeElement));
    assert.match(await page.locator(".file-facts").nth(1).innerText(),
                 /^Page 3 · /);

    await page.getByRole("button", { name: "Remove p2.png" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("of 3", { exact: true }).waitFor();
    assert.deepEqual(await listed(), ["p4.png", "p3.png"]);
    assert.match(await page.locator(".file-facts").first().innerText(),
                 /^Page 2 · /);
    assert.equal(await page.getByRole("button", { name: "Move p4.png up" })
        .getAttribute("aria-disabled"), "true");
    assert.deepEqual(page.problems, []);
});


test("a score without pages is shown as what is known of it", async () => {
    const path = join(files.path, "Air.musicxml");

    writeFileSync(path, musicxml({ title: "Air" }));
    const page = await house.page({ locale: "fr-FR" });

    await page.goto(place(await house.upload(path)));
    await page.getByText("ré mineur").waitFor();
    assert.equal(await page.locator(".reader").count(), 0);
    assert.equal(await page.getByText("sur 0").count(), 0);
    assert.match(await page.locator(".facts").innerText(),
                 /Parties[\s\S]*Mesure/);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Télécharger l’original" }).click();
    assert.deepEqual(readFileSync(await (await download).path()),
                     readFileSync(path));
});


test("a reader who may not add is shown what there is", async () => {
    const guest = await house.stack.user("viewer");
    const page = await house.visitor();

    await page.goto(place(media));
    await page.getByLabel("Email").fill(guest.email);
    await page.getByLabel("Password", { exact: true }).fill(guest.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Recordings and notes" }).click();

    await page.getByText("Take one.mp3").waitFor();
    assert.equal(await page.getByLabel("Add a file").count(), 0);
    assert.equal(await page.locator(".file-actions").count(), 0);
});


for (const [locale, size] of [["en-GB", DESK], ["fr-FR", PHONE]]) {
    test(`axe finds nothing in ${locale} at ${size.width} px, and nothing is `
        + "too wide", async () => {
        const page = await reader({ locale, size });

        await page.locator(".file").first().waitFor();
        assert.deepEqual(await complaints(page), []);
        assert.ok(await page.evaluate(
            () => document.documentElement.scrollWidth <= innerWidth));
    });
}
