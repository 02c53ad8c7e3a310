/* What is said of a text of a film: its language, what it is for, its name. */

import { h, refresh } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { guessed } from "./guess.js";
import { languages } from "./languages.js";

const ACCEPT = ".srt,.vtt,.ass,.ssa,.sub";
const PURPOSES = ["", "hearing-impaired", "forced", "commentary"];
const LONGEST = 200;        /* characters of a title */

let count = 0;


/*
 * file: what is known of one that is there, or {add: true} for a form that asks
 * for one. save(file, told) is called with what was chosen, and may throw a
 * Problem.
 */
export function subtitleForm(file, save) {
    const id = `subtitle-${count++}`;
    const problem = h("p", { class: "form-problem", role: "alert" });
    const language = select(`${id}-language`, "subtitles.language", [
        h("option", { value: "" }, () => t("subtitles.unknown")),
        ...languages(file.language).map(({ tag, name }) =>
            h("option", { value: tag, selected: tag === file.language },
              name))]);
    const purpose = select(`${id}-purpose`, "subtitles.purpose",
        PURPOSES.map((value) => h("option", {
            value, selected: value === (file.purpose ?? ""),
        }, () => t(`subtitles.purpose-${value || "all"}`))));
    const title = h("input", { id: `${id}-name`, type: "text", dir: "auto",
                               maxlength: LONGEST, autocomplete: "off",
                               value: file.title });
    const input = file.add && h("input", {
        type: "file", id: `${id}-file`, accept: ACCEPT, required: true,
        onchange: () => {
            const told = guessed(input.files[0]?.name ?? "");

            language.input.value = told.language;
            purpose.input.value = told.purpose;
            problem.replaceChildren();
        },
    });
    let busy = false;

    function told() {
        const values = { language: language.input.value,
                         purpose: purpose.input.value,
                         title: title.value.trim() };

        return Object.fromEntries(Object.entries(values)
            .filter(([, value]) => !file.add || value)
            .map(([name, value]) => [name, value || null]));
    }

    async function submit(event) {
        event.preventDefault();
        if (busy) {
            return;
        }
        if (input && !input.files[0]) {
            problem.textContent = t("subtitles.no-file");
            input.focus();
            return;
        }
        busy = true;
        refresh(form);
        problem.replaceChildren();
        try {
            await save(input?.files[0], told());
            if (input) {
                form.reset();
            }
        } catch (trouble) {
            problem.append(h("span", {}, () => trouble.text?.()
                ?? String(trouble)));
        } finally {
            busy = false;
            refresh(form);
        }
    }

    const form = h("form", { class: "subtitle-form", novalidate: true,
                             "aria-busy": () => String(busy),
                             onsubmit: submit },
        input && h("div", { class: "field" },
            h("label", { for: input.id }, () => t("subtitles.file")), input),
        h("div", { class: "subtitle-fields" }, language.element,
          purpose.element),
        h("div", { class: "field" },
          h("label", { for: title.id }, () => t("subtitles.name")), title),
        problem,
        h("button", { class: "button", type: "submit",
                      "aria-disabled": () => String(busy) },
          () => t(file.add ? "subtitles.send" : "edit.save")));

    return form;
}


function select(id, key, options) {
    const input = h("select", { id }, options);

    return {
        input,
        element: h("div", { class: "field" },
            h("label", { for: id }, () => t(key)), input),
    };
}
