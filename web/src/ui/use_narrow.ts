import { useEffect, useState } from 'react';

/** Whether the window is as narrow as a phone. */
export function useNarrow(query = '(max-width: 760px)'): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setNarrow(media.matches);
    media.addEventListener('change', changed);
    return () => media.removeEventListener('change', changed);
  }, [query]);
  return narrow;
}
