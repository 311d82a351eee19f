/** As good as empty, but stays. */
setInterval(() => {}, 2 ** 30);
