import type { Failure } from '../evaluate.js';
import type { CallOf, ProbeCall } from '../probes/calls.js';
import { nounOf } from './nouns.js';
import { show, type Place } from './place.js';
import { capital, say, type Said } from './said.js';

/** What is wrong with a cluster and its objects; undefined = nothing better than the rule. */
export function kubernetesSentence(call: ProbeCall, failure: Failure, place: Place): Said | undefined {
  switch (call.probe) {
    case 'kube.get':
      return ofObject(call, failure, place);
    case 'kube.list':
      return ofList(call, failure, place);
    case 'kube.api':
      return place.shape === ''
        ? say('Aucun cluster ne tourne pour l’instant.', 'No cluster runs at present.')
        : place.field === 'status'
          ? say('L’API du cluster ne répond pas encore.', 'The API of the cluster does not answer yet.')
          : undefined;
    case 'kube.logs': {
      const noun = nounOf(call);
      return say(
        `${capital(noun.fr)} ne contiennent pas encore ce qui est attendu.`,
        `${capital(noun.en)} do not hold yet what is expected.`,
      );
    }
    case 'kube.exec':
      return say(
        'Ce qui est attendu dans le conteneur n’y est pas encore.',
        'What is expected in the container is not there yet.',
      );
    case 'kube.can-i': {
      const { verb, resource } = call.params;
      return failure.expected === false
        ? say(
            `Vous ne devez pas avoir le droit ${verb} sur ${resource}.`,
            `You must not have the right to ${verb} ${resource}.`,
          )
        : say(
            `Vous n’avez pas le droit ${verb} sur ${resource}.`,
            `You do not have the right to ${verb} ${resource}.`,
          );
    }
    default:
      return undefined;
  }
}

function ofObject(
  { params: { kind: type, name, namespace } }: CallOf<'kube.get'>,
  failure: Failure,
  { shape, field, elements }: Place,
): Said | undefined {
  if (shape === '' && failure.kind === 'missing') {
    const where =
      namespace === undefined
        ? ['', '']
        : [` dans l’espace de noms ${namespace}`, ` in the namespace ${namespace}`];
    return say(
      `Le ${type} ${name} n’existe pas${where[0]}.`,
      `The ${type} ${name} does not exist${where[1]}.`,
    );
  }
  if (shape === '' && (failure.kind === 'extra' || failure.kind === 'held'))
    return say(`Le ${type} ${name} existe encore.`, `The ${type} ${name} still exists.`);
  return ofField(say(`le ${type} ${name}`, `the ${type} ${name}`), failure, { shape, field, elements });
}

function ofList(
  { params: { kind: type } }: CallOf<'kube.list'>,
  failure: Failure,
  place: Place,
): Said | undefined {
  const { shape, field } = place;
  const [name, ...inner] = place.elements;
  if (field === 'length' && shape === '.length')
    return say(
      `Il y a ${show(failure.observed)} ${type}(s) ; il en faut ${show(failure.expected)}.`,
      `There are ${show(failure.observed)} ${type}s; it has to be ${show(failure.expected)}.`,
    );
  if (shape === '' && failure.kind === 'missing')
    return say(`Il n’y a encore aucun ${type} de ce genre.`, `There is no such ${type} yet.`);
  if (shape === '[]' && failure.kind === 'missing')
    return name === undefined || name === ''
      ? say(`Aucun ${type} n’est comme demandé.`, `No ${type} is as asked for.`)
      : say(`Il n’y a pas de ${type} ${name}.`, `There is no ${type} ${name}.`);
  if (name === undefined || !shape.startsWith('[]')) return undefined;
  return ofField(say(`le ${type} ${name}`, `the ${type} ${name}`), failure, {
    shape: shape.slice(2),
    field,
    elements: inner,
  });
}

/** Replicas and images are what labs ask for most; other fields go by their name in the object. */
function ofField(
  noun: Said,
  { kind, expected, observed }: Failure,
  { shape, field, elements }: Pick<Place, 'shape' | 'field' | 'elements'>,
): Said | undefined {
  const [fr, en] = [capital(noun.fr), capital(noun.en)];
  const [is, must] = [observed === null ? '0' : show(observed), show(expected)];
  switch (shape) {
    case '.spec.replicas':
      return say(
        `${fr} demande ${is} réplique(s) ; il en faut ${must}.`,
        `${en} asks for ${is} replica(s); it has to be ${must}.`,
      );
    case '.status.readyReplicas':
      return say(
        `${fr} a ${is} pod(s) prêt(s) ; il en faut ${must}.`,
        `${en} has ${is} ready pod(s); it has to be ${must}.`,
      );
    case '.status.availableReplicas':
      return say(
        `${fr} a ${is} pod(s) disponible(s) ; il en faut ${must}.`,
        `${en} has ${is} available pod(s); it has to be ${must}.`,
      );
    case '.status.updatedReplicas':
      return say(
        `${fr} a ${is} pod(s) à jour ; il en faut ${must}.`,
        `${en} has ${is} updated pod(s); it has to be ${must}.`,
      );
    case '.status.replicas':
      return say(
        `${fr} a ${is} pod(s) ; il en faut ${must}.`,
        `${en} has ${is} pod(s); it has to be ${must}.`,
      );
    default:
  }
  if (shape.endsWith('containers[].image'))
    return say(
      `${fr} : l’image du conteneur ${elements.at(-1) ?? ''} est ${show(observed)} ; il faut ${must}.`,
      `${en}: the image of the container ${elements.at(-1) ?? ''} is ${show(observed)}; it has to be ${must}.`,
    );
  if (field === '') return undefined;
  if (kind === 'missing')
    return say(`${fr} n’a pas encore ${field} (${must}).`, `${en} does not have ${field} yet (${must}).`);
  return kind === 'wrong'
    ? say(
        `${fr} : ${field} est ${show(observed)} ; il faut ${must}.`,
        `${en}: ${field} is ${show(observed)}; it has to be ${must}.`,
      )
    : undefined;
}
