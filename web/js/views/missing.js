/* An address that leads nowhere. */

import { h, icon } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { t } from "../lib/language.js";


export function missingView() {
    return {
        element: h("section", { class: "note" },
            homeLink(),
            h("div", { class: "rest" }, icon("search"),
              h("h1", {}, () => t("missing.title")),
              h("p", {}, () => t("missing.lead")))),
        title: () => `${t("missing.title")} – Sluice`,
    };
}
