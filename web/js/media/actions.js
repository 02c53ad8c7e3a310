/* What can be done with a title that is open, beside looking at it. */

import { h, icon } from "../lib/dom.js";
import { t } from "../lib/language.js";


/* Buttons for what there is: edit() and remove(), each null for who may not. */
export function actionButtons({ edit, remove }) {
    const button = (act, symbol, key) => act && h("button", {
        class: "button", type: "button", onclick: act,
    }, icon(symbol), h("span", {}, () => t(key)));

    return [button(edit, "pen", "item.edit"),
            button(remove, "bin", "item.delete")];
}
