interface WithFeaturePolicy {
  featurePolicy?: { allowsFeature(feature: string): boolean };
}

/** Whether the page's Permissions-Policy forbids a feature: requesting it would log an error in the page's console. */
export const isForbidden = (feature: string): boolean =>
  (document as WithFeaturePolicy).featurePolicy?.allowsFeature(feature) === false;
