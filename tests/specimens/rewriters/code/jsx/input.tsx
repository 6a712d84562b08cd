export const FaceForm = () => (
  <form>
    <Input label={t('form.faceImage')} name="f1" />
    <Input label={t('form.ethnicity')} name="f2" />
    <Form.Item label="Age"><Input name="age" /></Form.Item>
    <FormField label="Ethnic group" name="f3">
      <Select options={groups} />
    </FormField>
  </form>
);
