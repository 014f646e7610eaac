import type { AnchorHTMLAttributes, ReactNode } from 'react';
import { hrefOf, useRoute } from './route';

interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: readonly string[];
  query?: Record<string, string | undefined>;
  children: ReactNode;
}

export function Link({ to, query, children, ...rest }: LinkProps) {
  const { scope } = useRoute();
  return (
    <a {...rest} href={hrefOf(scope, to, query)}>
      {children}
    </a>
  );
}
