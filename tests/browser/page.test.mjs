import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { after, before, test } from "../http/lib/test.mjs";
import { complaints, DESK, film, folder, open, PHONE, place, score }
    from "./harness.mjs";
import { musicxml } from "../http/lib/files.mjs";

let house, files, movie, sheet, music;

before(async () => {
    house = await open();
    files = folder();
    const path = join(files.path, "Study.pdf");
    writeFileSync(path, score(2));
    movie = await house.upload(film(join(files.path,
        "A_title_that_is_longer_than_any_phone_is_wide_and_has_no_space.mp4"),
                                    { seconds: 3 }));
    sheet = await house.upload(path);
    writeFileSync(join(files.path, "Air.musicxml"), musicxml());
    music = await house.upload(join(files.path, "Air.musicxml"));
});

after(async () => {
    files?.remove();
    await house?.close();
});


for (const language of ["en-GB", "fr-FR"]) {
    test(`nothing scrolls sideways at 360 px in ${language}`, async () => {
        for (const [name, view] of Object.entries(views())) {
            const page = await view({ size: PHONE, locale: language });

            const wide = await page.evaluate(
                () => document.documentElement.scrollWidth - innerWidth);
            assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
            await page.context().close();
        }
    });
}


for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing to complain of in ${colorScheme}`, async () => {
        for (const [name, view] of Object.entries(views())) {
            /* Colours do not depend on the width. */
            for (const size of colorScheme === "dark" ? [DESK]
                : [PHONE, DESK]) {
                const page = await view({ size, colorScheme });

                assert.deepEqual(await complaints(page), [],
                                 `${name} at ${size.width} px`);
                await page.context().close();
            }
        }
    });
}


test("no view breaks the policy or writes an error", async () => {
    for (const [name, view] of Object.entries(views())) {
        const page = await view({ size: DESK });

        assert.deepEqual(page.problems, [], name);
        await page.context().close();
    }
});


test("the policy allows no inline script and no other origin", async () => {
    const answer = await fetch(house.stack.url);
    const policy = answer.headers.get("content-security-policy");

    assert.ok(policy, "there is one");
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});


test("the keyboard alone leads from the door to a page turned", async () => {
    const page = await house.visitor();
    const focused = () => page.evaluate(() => {
        const element = document.activeElement;
        return element.getAttribute("aria-label") ?? element.innerText;
    });

    await page.goto("/");
    await page.getByLabel("Email").waitFor();
    await page.keyboard.type(house.stack.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(house.stack.password);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /Study/ }).waitFor();
    assert.equal(await focused(), "Library");

    for (let steps = 0; !(await focused()).includes("Study"); steps++) {
        assert.ok(steps < 12, "the score is reached");
        await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.getByRole("img", { name: "Page 1 of 2" }).waitFor();
    assert.equal(await focused(), "Study");

    await page.keyboard.press("ArrowRight");
    await page.getByRole("img", { name: "Page 2 of 2" }).waitFor();
});


test("what has the focus can be seen to have it", async () => {
    const page = await house.page();

    await page.goto("/");
    await page.getByRole("link", { name: /Study/ }).waitFor();
    for (let steps = 0; steps < 9; steps++) {
        await page.keyboard.press("Tab");
        const { name, width } = await page.evaluate(() => {
            const element = document.activeElement;
            /* A radio button is drawn by the label beside it. */
            const drawn = element.type === "radio"
                ? element.nextElementSibling : element;
            return {
                name: element.outerHTML,
                width: Number.parseFloat(
                    getComputedStyle(drawn).outlineWidth),
            };
        });
        assert.ok(width >= 2, name);
    }
});


test("each view of who is signed in has the way out", async () => {
    const page = await house.page();

    for (const path of ["/", "/upload", place(movie), place(sheet),
                        place(music), "/account", "/admin/invitations",
                        "/nowhere"]) {
        await page.goto(path);
        await page.getByRole("heading", { level: 1 }).waitFor();
        /* a score hides the header, and has the button itself */
        await page.locator(".loading-note").waitFor({ state: "detached" });
        await page.getByRole("button", { name: /^Account of/ }).click();
        await page.getByRole("button", { name: "Sign out", exact: true })
            .waitFor({ state: "visible" });
    }
});


test("the first stop leads past the header", async () => {
    const page = await house.page();

    await page.goto("/upload");
    await page.getByLabel("Choose files").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");

    assert.equal(await page.evaluate(() => document.activeElement.tagName),
                 "H1");
});


/* Each view, as a function that opens it and resolves when it stands. */
function views() {
    const at = (path, selector) => async (options) => {
        const page = await house.page(options);
        await page.goto(path);
        await page.locator(selector).first().waitFor();
        return page;
    };

    return {
        "sign in": async (options) => {
            const page = await house.visitor(options);
            await page.goto("/");
            await page.locator("#email").waitFor();
            return page;
        },
        library: at("/", ".card-title"),
        upload: at("/upload", ".drop"),
        watch: at(place(movie), "video"),
        score: at(place(sheet), ".sheets img"),
        "score without pages": at(place(music), ".facts"),
        missing: at("/nowhere", ".note"),
        "about a score": async (options) => {
            const page = await at(place(sheet), ".sheets img")(options);
            await page.locator("[aria-haspopup=dialog]").click();
            await page.locator("dialog[open]").waitFor();
            return page;
        },
        confirm: async (options) => {
            const page = await at("/", ".card-title")(options);
            await page.locator(".card").first().hover();
            await page.locator(".card-delete").first().click();
            await page.locator("dialog[open]").waitFor();
            return page;
        },
    };
}
