/* Recovery codes, which are seen once: to copy, to save, to print. */

import { copyButton } from "./copy.js";
import { h } from "../lib/dom.js";
import { t } from "../lib/language.js";


/* done() when they are kept. */
export function recoveryCodes(codes, done) {
    const text = () => `${t("codes.file-head", { host: location.host })}\n\n`
        + `${codes.join("\n")}\n`;

    return h("div", { class: "recovery" },
        h("h2", {}, () => t("codes.title")),
        h("p", {}, () => t("codes.lead")),
        h("ol", { class: "codes", "aria-label": () => t("codes.title") },
          codes.map((code) => h("li", {}, h("code", {}, code)))),
        h("div", { class: "actions" },
          copyButton(text, () => t("codes.copy")),
          h("button", { class: "button", type: "button",
                        onclick: () => save(text()) },
            () => t("codes.save")),
          h("button", { class: "button", type: "button",
                        onclick: () => print() }, () => t("codes.print"))),
        h("button", { class: "button primary", type: "button",
                      onclick: done }, () => t("codes.kept")));
}


function save(text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));

    h("a", { href: url, download: `sluice-${location.hostname}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 0);
}
