/** Entry of a thread that cannot be loaded. */
throw new Error('this module cannot be loaded');
