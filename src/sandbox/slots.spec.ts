import { Slots, SLOTS } from './slots.js';

describe('slots of the id ranges', () => {
  it('are taken from the lowest free one', () => {
    const slots = new Slots();
    slots.occupy(0);
    expect([slots.take(), slots.take()]).toEqual([1, 2]);
    slots.free(1);
    expect(slots.take()).toBe(1);
  });

  it('run out', () => {
    const slots = new Slots();
    for (let i = 0; i < SLOTS; i++) expect(slots.take()).toBe(i);
    expect(slots.take()).toBeUndefined();
    slots.free(17);
    expect(slots.take()).toBe(17);
  });
});
