/* Title, author, tags and who may see it: asked for, and kept. */

import { h, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { changeMedia, getMedia } from "./api.js";
import { mayShow } from "./media.js";

const LONGEST = 500;        /* characters of a title or an author */


/*
 * Asks in a dialog. done(media) gets the media object as it is then: changed
 * here, or by somebody else meanwhile, whose words are told and not lost.
 */
export function editMedia(media, done) {
    const edit = { base: media, problem: null, theirs: [], busy: false };

    edit.fields = fields(media);
    edit.alert = h("div", { class: "form-problem", role: "alert",
                            id: "edit-problem" });
    edit.dialog = h("dialog", { class: "dialog edit",
                                "aria-labelledby": "edit-heading" },
        h("form", { novalidate: true, "aria-busy": () => String(edit.busy),
                    onsubmit: (event) => {
                        event.preventDefault();
                        save(edit, done);
                    } },
          h("h2", { id: "edit-heading" }, () => t("edit.heading")),
          Object.values(edit.fields).map(({ element }) => element),
          edit.alert,
          h("div", { class: "dialog-buttons" },
            h("button", { class: "button", type: "button",
                          onclick: () => edit.dialog.close() },
              () => t("edit.cancel")),
            h("button", { class: "button primary", type: "submit",
                          "aria-disabled": () => String(edit.busy) },
              () => t("edit.save")))));

    edit.dialog.addEventListener("close", () => edit.dialog.remove());
    /* In full screen only what is below the reader is seen. */
    (document.fullscreenElement ?? document.body).append(edit.dialog);
    edit.dialog.showModal();
}


/* A field: its element and input, what it says, and how a value is shown. */
function fields(media) {
    const known = {
        title: text("title", media.title, { required: true }),
        author: text("author", media.author),
        tags: text("tags", media.tags, {
            "aria-describedby": "edit-tags-hint edit-problem",
        }),
    };

    known.tags.element.append(h("p", { class: "muted", id: "edit-tags-hint" },
                                () => t("edit.tags-hint")));
    known.author.value = () => known.author.input.value.trim() || null;
    known.tags.value = () => known.tags.input.value.split(",")
        .map((tag) => tag.trim()).filter(Boolean);
    /* Who may not show it to all may still hide it. */
    if (mayShow() || media.visibility === "library") {
        known.visibility = visibility(media.visibility);
    }

    return known;
}


function shown(value) {
    return Array.isArray(value) ? value.join(", ") : value ?? "";
}


function text(name, value, extra = {}) {
    const input = h("input", {
        id: `edit-${name}`, type: "text", autocomplete: "off", dir: "auto",
        maxlength: name === "tags" ? null : LONGEST, value: shown(value),
        "aria-describedby": "edit-problem", ...extra,
    });

    return {
        input,
        element: h("div", { class: "field" },
            h("label", { for: input.id }, () => t(`edit.${name}`)), input),
        value: () => input.value.trim(),
        show: (to) => { input.value = shown(to); },
        same: (to) => input.value === shown(to),
        told: shown,
    };
}


function visibility(value) {
    const input = h("input", { id: "edit-visibility", type: "checkbox" });
    const show = (to) => { input.checked = to === "library"; };
    const said = () => (input.checked ? "library" : "private");

    show(value);
    return {
        input, show,
        element: h("div", { class: "check" }, input,
            h("label", { for: input.id }, () => t("edit.visibility"))),
        value: said,
        same: (to) => said() === to,
        told: (to) => t(`visibility.${to}`),
    };
}


async function save(edit, done) {
    const changed = Object.entries(edit.fields)
        .filter(([name, field]) => !field.same(edit.base[name]));

    if (edit.busy) {
        return;
    }
    if (changed.length === 0) {
        edit.dialog.close();
        return;
    }

    edit.busy = true;
    refresh(edit.dialog);
    complain(edit, null, []);
    try {
        const media = await changeMedia(edit.base, Object.fromEntries(
            changed.map(([name, field]) => [name, field.value()])));
        edit.dialog.close();
        done(media);
    } catch (problem) {
        await refused(edit, problem, done);
    } finally {
        edit.busy = false;
        refresh(edit.dialog);
    }
}


async function refused(edit, problem, done) {
    if (problem.status === 412) {
        const now = await getMedia(edit.base.id).catch(() => null);

        if (now) {
            merge(edit, now);
            done(now);
            return;
        }
    }

    const field = edit.fields[problem.field?.replace(/\[.*/, "")];

    complain(edit, () => (field && knowsHint(problem.field)
        ? t(`edit.wrong-${problem.field.replace(/\[.*/, "")}`)
        : problem.text()), []);
    field?.input.setAttribute("aria-invalid", "true");
    field?.input.focus();
}


function knowsHint(field) {
    return ["title", "author", "tags"].includes(field.replace(/\[.*/, ""));
}


/* What the user has not touched becomes what it is now; of the rest both are
   told, and saving once more is the user's word. */
function merge(edit, now) {
    const theirs = [];

    for (const [name, field] of Object.entries(edit.fields)) {
        if (field.same(edit.base[name])) {
            field.show(now[name]);
        } else if (!field.same(now[name])) {
            theirs.push(() => t("edit.theirs", {
                name: t(`edit.${name}`),
                value: field.told(now[name]) || t("edit.nothing"),
            }));
        }
    }
    edit.base = now;
    complain(edit, () => t("edit.changed"), theirs);
}


function complain(edit, problem, theirs) {
    for (const { input } of Object.values(edit.fields)) {
        input.removeAttribute("aria-invalid");
    }
    edit.alert.replaceChildren(...(problem ? [h("p", {}, problem)] : []),
        ...(theirs.length > 0
            ? [h("ul", {}, theirs.map((one) => h("li", { dir: "auto" }, one)))]
            : []));
}
