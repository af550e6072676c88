const number: number = 'no number';
