die 'as it should';
