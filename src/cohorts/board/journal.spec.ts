import { Journal } from './journal.js';

describe('the journal of a board', () => {
  it('tells what came after an id', () => {
    const journal = new Journal<string>();
    const start = journal.head;
    const first = journal.add('a');
    journal.add('b');
    expect(journal.after(start)?.map(({ news }) => news)).toEqual(['a', 'b']);
    expect(journal.after(first.id)).toEqual([{ id: journal.head, news: 'b' }]);
    expect(journal.after(journal.head)).toEqual([]);
  });

  it('does not know ids that are too old, of another journal, of the future, or no ids', () => {
    const journal = new Journal<number>(3);
    const start = journal.head;
    for (let i = 0; i < 4; i++) journal.add(i);
    expect(journal.after(start)).toBeUndefined();
    expect(journal.after(new Journal<number>().head)).toBeUndefined();
    expect(journal.after(journal.head.replace(/\d+$/, '9'))).toBeUndefined();
    expect(journal.after('nonsense')).toBeUndefined();
  });
});
