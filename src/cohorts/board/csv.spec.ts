import { csvOf } from './csv.js';

describe('CSV', () => {
  it('quotes what would end a field or a line', () => {
    expect(csvOf([['a', 'b,c', 'd"e', 'f\ng', null, 1.5, true]])).toBe('a,"b,c","d""e","f\ng",,1.5,true\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('makes %j harmless to a spreadsheet', (text) => {
    expect(csvOf([[text]])).toMatch(/^"?'/);
  });

  it('leaves numbers as they are, negative ones too', () => {
    expect(csvOf([[-3, 0]])).toBe('-3,0\r\n');
  });
});
