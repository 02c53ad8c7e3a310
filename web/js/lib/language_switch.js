/* A button for each language, named in that language. */

import { h } from "./dom.js";
import { change, current, languages, t } from "./language.js";
import { strings } from "./strings.js";


export function languageSwitch() {
    return h("div", { class: "languages", role: "group",
                      "aria-label": () => t("language.label") },
        languages.map((language) => h("button", {
            type: "button",
            lang: language,
            "aria-pressed": () => String(current() === language),
            onclick: () => change(language),
        }, strings[language]["language.name"])));
}
