/* The library as one left it: what was searched, until the tab is closed. */

import { h, icon } from "./dom.js";
import { t } from "./language.js";

const KEY = "sluice.library";


export function leftAt(path) {
    sessionStorage.setItem(KEY, path);
}


export function home() {
    return sessionStorage.getItem(KEY) ?? "/";
}


export function homeLink() {
    return h("a", { class: "back", href: home() }, icon("back"),
             h("span", {}, () => t("item.back")));
}
