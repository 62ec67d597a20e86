/** In `apiAudiences`: the API server's own audiences, whatever they are called; what `kubectl create token` gives without `--audience`. */
export const ownAudience = 'apiserver';
