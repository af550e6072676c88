my @kept;
push @kept, 'x' x (1 << 20) . scalar @kept while 1;
