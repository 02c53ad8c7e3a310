import assert from "node:assert/strict";
import { test } from "node:test";

import { halfTurned, spread, turned } from "../../web/js/score/spread.js";


test("one page lies open where there is room for one", () => {
    assert.deepEqual(spread(4, 7, false), [4]);
});


test("two pages lie open as in a book of which page 1 is on the left", () => {
    assert.deepEqual([1, 2, 3, 6].map((page) => spread(page, 7, true)),
                     [[1, 2], [1, 2], [3, 4], [5, 6]]);
});


test("the last of an odd number of pages lies alone", () => {
    assert.deepEqual(spread(7, 7, true), [7]);
});


test("turning goes on by as many pages as lie open", () => {
    assert.equal(turned(3, 7, false, 1), 4);
    assert.equal(turned(4, 7, true, 1), 5);
    assert.equal(turned(4, 7, true, -1), 1);
});


test("there is nothing before the first page or behind the last", () => {
    assert.equal(turned(1, 7, false, -1), 1);
    assert.equal(turned(2, 7, true, -1), 2);
    assert.equal(turned(7, 7, true, 1), 7);
    assert.equal(turned(6, 6, true, 1), 6);
});


test("by half pages one sees the next page before this one is over", () => {
    let at = { page: 1, half: false };
    const turn = (by) => {
        at = halfTurned(at, 2, by);
        return [at.page, at.half];
    };

    assert.deepEqual([1, 1, 1].map(turn), [[1, true], [2, false], [2, false]]);
    assert.deepEqual([-1, -1, -1].map(turn),
                     [[1, true], [1, false], [1, false]]);
});
