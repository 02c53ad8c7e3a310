/* An original that lies in an archive: who downloads it is told, and gets no
   file that is none. */

import assert from "node:assert/strict";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { film, folder, open, place } from "./harness.mjs";

let house, files, media;

before(async () => {
    house = await open();
    files = folder();
    media = await house.upload(film(join(files.path, "Tides.mp4"),
                                    { seconds: 2 }));
});

after(async () => {
    files?.remove();
    await house?.close();
});


const original = (url) => /\/original\.mp4$/.test(url.pathname);

/* The film's page, where the original is answered so. */
async function asked(answer, options) {
    const page = await house.page(options);

    if (answer) {
        await page.route(original, (route) => route.fulfill(answer));
    }
    await page.goto(place(media));
    return page;
}


test("who downloads it is told when it is there", async () => {
    const page = await asked({ status: 202, headers: { "Retry-After": "9000" } });
    let downloads = 0;

    page.on("download", () => { downloads++; });
    await page.getByRole("link", { name: "Download original" }).click();
    await page.getByText("The file lies in an archive. Come again in 3 hours.")
        .waitFor();

    assert.equal(downloads, 0);
    assert.deepEqual(page.problems, []);
});


test("who has too many brought back is told so, in French", async () => {
    const page = await asked({ status: 429 }, { locale: "fr-FR" });

    await page.getByRole("link", { name: "Télécharger l’original" }).click();
    await page.getByText("Beaucoup de fichiers vous sont déjà ramenés.")
        .waitFor();
});


test("one that is there is downloaded under its name", async () => {
    const page = await asked();
    const download = page.waitForEvent("download");

    await page.getByRole("link", { name: "Download original" }).click();

    assert.equal((await download).suggestedFilename(), "Tides.mp4");
    assert.deepEqual(page.problems, []);
});
