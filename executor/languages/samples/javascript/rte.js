null.length;
